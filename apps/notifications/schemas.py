from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from apps.core.http.pages import LogQuery
from apps.core.http.schemas import AnyCase, Id, In, Line, Log, LogMeta, Moment, Out, PersonOut, Unique
from apps.core.reading.shapes import Column, Computed, Item
from apps.live.schemas import StreamEvent
from apps.notifications.models import Frequency, Priority


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


class TypePreferenceOut(Out):
    id: int
    notification_type: Annotated[NotificationTypeOut, Column("kind")]
    frequency: Frequency


class ChangedTypePreferenceOut(TypePreferenceOut):
    created_at: datetime
    updated_at: datetime


class ChannelsOut(Out):
    user_id: int
    enable_in_app: bool
    enable_email: bool
    enable_push: bool


class PreferencesOut(ChannelsOut):
    type_preferences: list[TypePreferenceOut]


class PreferencesIn(In):
    """Every field may be left out, and stays as it is."""

    enable_in_app: bool = True
    enable_email: bool = True
    enable_push: bool = True


class TypePreferenceIn(In):
    notification_type_id: Id
    frequency: Annotated[Frequency, AnyCase]


class MailedTypeOut(Out):
    id: int
    code: str
    name: str
    description: str


class EmailPreferenceOut(Out):
    notification_type: Annotated[MailedTypeOut, Column("kind")]
    enabled: Annotated[bool, Column("email_enabled")]


class EmailPreferencesOut(Out):
    user_id: int
    types_enabled: list[EmailPreferenceOut]
    created_at: datetime
    updated_at: datetime


class EmailPreferenceIn(In):
    notification_type_id: Id
    enabled: bool


def each_type_once(choices: list[EmailPreferenceIn]) -> list[EmailPreferenceIn]:
    if len({choice.notification_type_id for choice in choices}) < len(choices):
        raise ValueError("Name each notification type once.")
    return choices


class EmailPreferencesIn(In):
    """What is not named stays as it is."""

    types_enabled: Annotated[list[EmailPreferenceIn], Field(max_length=1000), AfterValidator(each_type_once)]
