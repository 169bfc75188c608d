"""People in nested places, straight from columns: what PersonOut shows, without a model for each."""

from collections.abc import Sequence
from typing import Any

from django.core.files.storage import default_storage

Item = dict[str, Any]

SHOWN = ("id", "username", "user_type__slug", "is_verified", "profile__avatar")


def person_columns(path: str) -> list[str]:
    """For `values_list`: what is shown of the user that `path` leads to."""
    return [f"{path}__{name}" for name in SHOWN]


def person_item(columns: Sequence[Any]) -> Item:
    """As PersonOut shows them."""
    id, username, role, is_verified, avatar = columns
    url = default_storage.url(avatar) if avatar else None
    return {"id": id, "username": username, "role": role, "is_verified": is_verified, "avatar": url}


def person_item_or_none(columns: Sequence[Any]) -> Item | None:
    """For columns that may lead to nobody."""
    return None if columns[0] is None else person_item(columns)
