from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from apps.core.http.pages import PageQuery
from apps.core.http.payload import File
from apps.core.http.schemas import AnyCase, Id, In, Integer, Moment, Out, PersonOut, Query
from apps.core.media.kinds import IMAGES
from apps.core.media.uploads import MEGABYTE, FileRules
from apps.core.reading.people import Item, person_item
from apps.events.models import Attendance, Event, cover_url

COVER = FileRules(IMAGES, max_bytes=10 * MEGABYTE, job="still")

LAST_DATE = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than this, an event would have no end that a calendar knows."""


def within_the_calendar(value: datetime) -> datetime:
    if value > LAST_DATE:
        raise ValueError("Enter a valid date/time.")
    return value


EventTime = Annotated[Moment, AfterValidator(within_the_calendar)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Location = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(max_length=5000)]
Capacity = Annotated[Integer, Field(ge=1, le=2**31 - 1)]
Visibility = Annotated[Event.Visibility, AnyCase]


class EventQuery(PageQuery):
    when: Annotated[Literal["all", "ongoing", "upcoming", "past"], AnyCase] = "all"
    search: str | None = Field(None, max_length=100)
    host: Id | None = None


class EventOut(Out):
    id: int
    title: str
    description: str
    date: datetime
    end_date: datetime | None
    location: str
    capacity: int | None
    visibility: Event.Visibility
    cover: str | None = Field(validation_alias="cover_url")
    host: PersonOut
    attendees_count: int
    my_status: Attendance.Status | None
    created_at: datetime


def event_item(row: Sequence[Any], reader_id: int | None) -> Item:
    """EventOut, of the columns that `event_list` reads."""
    id, title, description, date, end_date, location, capacity, visibility, *rest = row
    cover, attendees_count, my_status, created_at, *host = rest
    return {
        "id": id,
        "title": title,
        "description": description,
        "date": date,
        "end_date": end_date,
        "location": location,
        "capacity": capacity,
        "visibility": visibility,
        "cover": cover_url(id, visibility, reader_id) if cover else None,
        "host": person_item(host),
        "attendees_count": attendees_count,
        "my_status": my_status,
        "created_at": created_at,
    }


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
    status: Attendance.Status


def attendee_item(row: Sequence[Any]) -> Item:
    """AttendeeOut, of the columns that `attendee_list` reads."""
    *person, status = row
    return {**person_item(person), "status": status}


class InviteIn(In):
    user_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class InvitedOut(Out):
    invited: int


class FeedQuery(Query):
    token: str = ""


class FeedOut(Out):
    url: str
