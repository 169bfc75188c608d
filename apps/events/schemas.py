from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from apps.core.http.links import FileUrl, file_url, open_file_url
from apps.core.http.pages import PageQuery
from apps.core.http.payload import File
from apps.core.http.schemas import (
    AnyCase,
    Digits,
    Id,
    In,
    Line,
    LongText,
    Moment,
    Out,
    PersonOut,
    Query,
    Secret,
    Unique,
)
from apps.core.media.kinds import IMAGES
from apps.core.media.uploads import MEGABYTE, FileRules
from apps.core.reading.shapes import Annotation, ForViewer
from apps.core.reading.viewer import Viewer
from apps.events.models import Attendance, Event, going_count, own_status

COVER = FileRules(IMAGES, max_bytes=10 * MEGABYTE, job="still")

LAST_DATE = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than this, an event would have no end that a calendar knows."""


def within_the_calendar(value: datetime) -> datetime:
    if value > LAST_DATE:
        raise ValueError("Enter a valid date/time.")
    return value


EventTime = Annotated[Moment, AfterValidator(within_the_calendar)]
Title = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Location = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[LongText, StringConstraints(max_length=5000)]
Capacity = Annotated[int, Field(ge=1, le=2**31 - 1), Digits]
Visibility = Annotated[Event.Visibility, AnyCase]


class EventQuery(PageQuery):
    when: Annotated[Literal["all", "ongoing", "upcoming", "past"], AnyCase] = "all"
    search: Line | None = Field(None, max_length=100)
    host: Id | None = None


def cover_url(viewer: Viewer, event_id: int, visibility: str, cover: str) -> FileUrl | str | None:
    """What anybody may see has an address for anybody."""
    if not cover:
        return None
    if visibility == Event.Visibility.PUBLIC:
        return open_file_url("event", event_id)
    return file_url("event", event_id, viewer.id)


class EventOut(Out):
    id: int
    title: str
    description: str
    date: datetime
    end_date: datetime | None
    location: str
    capacity: int | None
    visibility: Event.Visibility
    cover: Annotated[FileUrl | None, ForViewer(cover_url, "id", "visibility", "cover")]
    host: PersonOut
    attendees_count: Annotated[int, Annotation(going_count())]
    my_status: Annotated[Attendance.Status | None, Annotation(own_status)]
    created_at: datetime


class EventIn(In):
    """A whole event, for POST and PUT."""

    title: Title
    description: Description = ""
    date: EventTime
    end_date: EventTime | None = None
    location: Location
    capacity: Capacity | None = None
    visibility: Visibility = Event.Visibility.PUBLIC
    cover: Annotated[File | None, COVER] = None


LEFT_OUT: Any = None
"""Never read: only the fields that were sent are looked at, and they may not be null."""


class EventChanges(In):
    """For PATCH: what is left out stays."""

    title: Title = LEFT_OUT
    description: Description = LEFT_OUT
    date: EventTime = LEFT_OUT
    end_date: EventTime | None = None
    location: Location = LEFT_OUT
    capacity: Capacity | None = None
    visibility: Visibility = LEFT_OUT
    cover: Annotated[File | None, COVER] = None


class JoinIn(In):
    status: Annotated[Literal[Attendance.Status.INTERESTED, Attendance.Status.GOING], AnyCase]


class JoinOut(Out):
    id: int
    status: Attendance.Status


class AttendeeOut(PersonOut):
    through = "user"

    status: Attendance.Status


class InviteIn(In):
    user_ids: Annotated[list[Id], Field(min_length=1, max_length=500), Unique]


class InvitedOut(Out):
    invited: int


class FeedQuery(Query):
    token: Secret = ""


class FeedOut(Out):
    url: str
