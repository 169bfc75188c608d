"""The file of an export: one JSON file for each room, the person's media, and a manifest."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from shutil import copyfileobj
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.storage import Storage
from django.db.models import FileField, Model
from django.utils import timezone

from apps.accounts.models import User
from apps.core.declarations import Exported, Personal, declared_by_room

CHUNK = 64 * 1024
ROWS_AT_ONCE = 500


@dataclass
class Media:
    """What was copied, and how much more may be: the rest is left out, and named."""

    max_bytes: int
    until: float
    """On the monotonic clock."""
    count: int = 0
    bytes: int = 0
    left_out: list[str] = field(default_factory=list)

    def has_room_for(self, size: int) -> bool:
        return self.bytes + size <= self.max_bytes and time.monotonic() < self.until


def write_archive(target: IO[bytes], user: User) -> None:
    """All that the rooms declare of this person in their `personal.py`; others are named by their usernames only."""
    rooms = {room: list(exported(entries)) for room, entries in declared_by_room("personal", "PERSONAL").items()}
    media = Media(settings.EXPORT_BYTES, time.monotonic() + settings.WORKER_TIMEOUT / 2)
    counts = {}
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for room, entries in rooms.items():
            if entries:
                with archive.open(f"{room}.json", "w", force_zip64=True) as file:
                    counts[f"{room}.json"] = write_room(file, entries, user.pk)
        for personal, shown in [entry for entries in rooms.values() for entry in entries]:
            for column in shown.files:
                names = names_of_files(personal, shown, column, user.pk)
                copy_files(archive, names, storage_of(personal, column), media)
        archive.writestr("manifest.json", manifest(user, counts, media))


def exported(entries: Iterable[Personal]) -> Iterator[tuple[Personal, Exported]]:
    return ((one, one.export) for one in entries if isinstance(one.export, Exported))


def manifest(user: User, counts: dict[str, dict[str, int]], media: Media) -> bytes:
    said = {
        "site": settings.PUBLIC_URL,
        "username": user.username,
        "made_at": timezone.now(),
        "files": counts,
        "media": {"count": media.count, "bytes": media.bytes, "left_out": media.left_out},
    }
    return orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2)


def write_room(file: IO[bytes], entries: Iterable[tuple[Personal, Exported]], user_id: int) -> dict[str, int]:
    """An object of lists, row after row. How many there are of each."""
    counts: dict[str, int] = {}
    for personal, shown in entries:
        file.write(b",\n" if counts else b"{\n")
        file.write(orjson.dumps(shown.name) + b": [")
        counts[shown.name] = 0
        for item in items(personal, shown, user_id):
            file.write(b",\n" if counts[shown.name] else b"\n")
            file.write(orjson.dumps(item, default=str, option=orjson.OPT_UTC_Z))
            counts[shown.name] += 1
        file.write(b"]")
    file.write(b"\n}\n")
    return counts


def items(personal: Personal, shown: Exported, user_id: int) -> Iterator[dict[str, Any]]:
    names = [column.replace("__", "_") for column in shown.columns]
    paths = [readable(personal.model, column) for column in shown.columns]
    rows = rows_of(personal, shown, user_id).order_by("pk").values_list(*paths)
    for values in rows.iterator(chunk_size=ROWS_AT_ONCE):
        item = dict(zip(names, values, strict=True))
        yield item | {name: place_of(item[name]) for name in shown.files}


def rows_of(personal: Personal, shown: Exported, user_id: int) -> Any:
    return shown.rows(user_id) if shown.rows else personal.rows_of(user_id)


def readable(model: type[Model], column: str) -> str:
    """The path to the username, where `column` leads to a person."""
    found: Any = model
    for name in column.split("__"):
        fields = {field.name: field for field in found._meta.get_fields()}
        found = fields[name].related_model if name in fields else None  # or else it is an annotation
    return f"{column}__username" if found is get_user_model() else column


def place_of(name: str) -> str | None:
    """Of a file of this name in the archive."""
    return f"media/{name}" if name else None


def storage_of(personal: Personal, column: str) -> Storage:
    return cast(FileField, personal.model._meta.get_field(column)).storage


def names_of_files(personal: Personal, shown: Exported, column: str, user_id: int) -> Iterator[str]:
    """The newest first: the oldest are left out where there are too many."""
    rows = rows_of(personal, shown, user_id).exclude(**{column: ""}).order_by("-pk")
    names: Iterator[str] = rows.values_list(column, flat=True).iterator(chunk_size=ROWS_AT_ONCE)
    return names


def copy_files(archive: ZipFile, names: Iterable[str], storage: Storage, media: Media) -> None:
    """As they are: pictures and films are compressed already."""
    for name in names:
        try:
            with storage.open(name) as source:
                if media.has_room_for(source.size):
                    with archive.open(ZipInfo(f"media/{name}", now_in_zip()), "w", force_zip64=True) as target:
                        copyfileobj(source, target, CHUNK)
                    media.count += 1
                    media.bytes += source.size
                    continue
        except FileNotFoundError:  # gone just now, with its row
            pass
        media.left_out.append(name)


def now_in_zip() -> tuple[int, int, int, int, int, int]:
    now = timezone.now()
    return (now.year, now.month, now.day, now.hour, now.minute, now.second)
