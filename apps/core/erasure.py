"""How what is kept of a person goes: rows and their files, and their name in what others keep."""

import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import FileField, Q, QuerySet, TextField
from django.db.models.functions import Cast

from apps.core.declarations import DataSubject

DELETED_USER = "Deleted user"
"""What somebody is called who was erased; no username has a space."""
BATCH = 500


def deleted(rows: Any, subject: DataSubject) -> None:
    """For `Personal.erase`: the rows go, with their files."""
    delete_rows(rows)


def delete_rows(rows: QuerySet[Any]) -> None:
    """In batches, files first: as long as one may be there, its row names it, and the next run tries again."""
    files = [field for field in rows.model._meta.concrete_fields if isinstance(field, FileField)]
    while batch := list(rows.order_by("pk").values_list("pk", *(field.name for field in files))[:BATCH]):
        for _, *names in batch:
            for field, name in zip(files, names, strict=True):
                if name:
                    field.storage.delete(name)
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=[pk for pk, *_ in batch]).delete()


def naming(rows: QuerySet[Any], subject: DataSubject, *columns: str) -> QuerySet[Any]:
    """Those of which one of the columns, texts or JSON, holds their username or an address of theirs."""
    found = Q()
    for number, column in enumerate(columns):
        rows = rows.annotate(**{f"text_{number}": Cast(column, TextField())})
        for name in names_of(subject):
            found |= Q(**{f"text_{number}__icontains": name})
    return rows.filter(found) if found else rows.none()


def names_of(subject: DataSubject) -> list[str]:
    """The longest first: an address may begin with the username."""
    return sorted({subject.username, *subject.addresses} - {DELETED_USER, ""}, key=len, reverse=True)


def as_a_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.@+-]){re.escape(name)}(?![\w@+-]|\.\w)", re.IGNORECASE)


def without_names(text: str, subject: DataSubject) -> str:
    for name in names_of(subject):
        text = as_a_word(name).sub(DELETED_USER, text)
    return text


def names_person(text: str, subject: DataSubject) -> bool:
    names = [*names_of(subject), *filter(None, [subject.full_name])]
    return any(as_a_word(name).search(text) for name in names)


def without_person(value: Any, subject: DataSubject) -> Any:
    """`value`, made of JSON, with Deleted user for the person wherever an object shows them as `PersonOut` does."""
    if isinstance(value, list):
        return [without_person(item, subject) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("id") == subject.id and value.get("username") == subject.username:
        return value | {"username": DELETED_USER, "is_verified": False, "avatar": None}
    return {name: without_person(part, subject) for name, part in value.items()}


def rewrite(rows: QuerySet[Any], columns: tuple[str, ...], change: Callable[[Any], Any]) -> None:
    """These columns of each row as `change` makes them; a row that was changed meanwhile is left as it is now."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", *columns)[:BATCH]):
        last = batch[-1][0]
        with transaction.atomic():
            for pk, *before in batch:
                after = [change(value) for value in before]
                if after != before:
                    same = rows.model._default_manager.filter(pk=pk, **dict(zip(columns, before, strict=True)))
                    same.update(**dict(zip(columns, after, strict=True)))
