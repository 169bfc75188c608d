"""A file lies in its storage before its row is written: if that fails, the file goes again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models.fields.files import FieldFile

stored_here: ContextVar[list[FieldFile] | None] = ContextVar("stored_here", default=None)


@contextmanager
def discarded_on_failure(file: FieldFile) -> Iterator[None]:
    """A file just stored goes again when its row cannot be written, or is undone by whoever asked for it."""
    try:
        yield
    except BaseException:
        file.storage.delete(str(file.name))
        raise
    if (stored := stored_here.get()) is not None:
        stored.append(file)


@contextmanager
def all_discarded_on_failure() -> Iterator[None]:
    """Around a transaction: what was stored in it, and stayed when its own row was written, goes if all is undone."""
    stored: list[FieldFile] = []
    token = stored_here.set(stored)
    try:
        yield
    except BaseException:
        for file in stored:
            file.storage.delete(str(file.name))
        raise
    finally:
        stored_here.reset(token)
