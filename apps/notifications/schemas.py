from datetime import datetime
from typing import Annotated

from pydantic import Field

from apps.core.http.pages import LogQuery
from apps.core.http.schemas import AnyCase, Id, In, Line, Log, LogMeta, Moment, Out, PersonOut, Unique
from apps.core.reading.shapes import Column, Computed, Item
from apps.live.schemas import StreamEvent
from apps.notifications.models import Priority


class Redirect(Out):
    """Where a notification leads: the object, and its path in the API."""

    kind: str
    id: int
    url: str


def redirect_item(kind: str, id: int, url: str) -> Item:
    return {"kind": kind, "id": id, "url": url}


REDIRECT = Computed(redirect_item, "redirect_kind", "redirect_id", "redirect_url")


class NotificationOut(Out):
    id: int
    type: Annotated[str, Column("kind__family")]
    code: Annotated[str, Column("kind__code")]
    title: str
    message: str
    is_read: bool
    read_at: datetime | None
    priority: Priority
    actor: PersonOut | None
    redirect: Annotated[Redirect, REDIRECT]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


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
    type: Annotated[Line, AnyCase] | None = None
    code: Annotated[Line, AnyCase] | None = None
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

    ids: Annotated[list[Id], Field(max_length=1000), Unique] | None = None


class UpdatedOut(Out):
    updated: int


class ResolvedOut(Out):
    redirect: Annotated[Redirect, REDIRECT]


class NotificationTypeOut(Out):
    id: int
    code: str
    name: str
    description: str
    is_active: bool
