from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasPath, Field

from apps.core.http.pages import LogQuery
from apps.core.http.schemas import AnyCase, Id, In, Log, LogMeta, Moment, Out, PersonOut
from apps.core.reading.people import Item, person_item_or_none
from apps.live.schemas import StreamEvent
from apps.notifications.models import Priority


class Redirect(Out):
    """Where a notification leads: the object, and its path in the API."""

    kind: str
    id: int
    url: str


class NotificationOut(Out):
    id: int
    type: str = Field(validation_alias=AliasPath("kind", "family"))
    code: str = Field(validation_alias=AliasPath("kind", "code"))
    title: str
    message: str
    is_read: bool
    read_at: datetime | None
    priority: Priority
    actor: PersonOut | None
    redirect: Redirect
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


def notification_item(row: Sequence[Any]) -> Item:
    """NotificationOut, of the columns that `notification_log` reads."""
    id, type, code, title, message, is_read, read_at, priority, *rest = row
    kind, object_id, url, created_at, updated_at, expires_at, *actor = rest
    return {
        "id": id,
        "type": type,
        "code": code,
        "title": title,
        "message": message,
        "is_read": is_read,
        "read_at": read_at,
        "priority": priority,
        "actor": person_item_or_none(actor),
        "redirect": {"kind": kind, "id": object_id, "url": url},
        "created_at": created_at,
        "updated_at": updated_at,
        "expires_at": expires_at,
    }


class NotificationEvent(StreamEvent):
    name = "notification"

    data: NotificationOut


class NotificationDeletedOut(Out):
    id: int


class NotificationDeletedEvent(StreamEvent):
    """It was withdrawn, or its receiver deleted it."""

    name = "notification_deleted"

    data: NotificationDeletedOut


class NotificationMeta(LogMeta):
    unread_count: int


class NotificationLog(Log[NotificationOut]):
    meta: NotificationMeta


class NotificationQuery(LogQuery):
    is_read: bool | None = None
    type: Annotated[str, AnyCase] | None = None
    code: Annotated[str, AnyCase] | None = None
    priority: Annotated[Priority, AnyCase] | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None


class UnreadCountOut(Out):
    unread_count: int


class ReadStateOut(Out):
    id: int
    is_read: bool
    read_at: datetime | None


class IdsIn(In):
    """Without ids, all of them are meant."""

    ids: Annotated[list[Id], Field(max_length=1000)] | None = None


class UpdatedOut(Out):
    updated: int


class ResolvedOut(Out):
    redirect: Redirect


class NotificationTypeOut(Out):
    id: int
    code: str
    name: str
    description: str
    is_active: bool
