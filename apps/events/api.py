"""Events: what is on, hosting, joining, calendars."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from apps.core.http import files
from apps.core.http.auth import AnyRequest, OpenFileLink, SignedInRequest, anyone
from apps.core.http.errors import PermissionDenied
from apps.core.http.idempotency import created
from apps.core.http.pages import PageQuery, json_response, page
from apps.core.http.payload import Payload
from apps.core.http.routing import FILE_ANSWER, Router, refusals, takes_files
from apps.core.http.schemas import Answer, Page, Reply, ok
from apps.core.http.throttling import Throttle
from apps.core.media.kinds import IMAGES
from apps.core.reading.shapes import Item, show
from apps.events import services
from apps.events.calendar import CONTENT_TYPE, calendar_of, feed_url, owner_of
from apps.events.models import (
    Event,
    Period,
    attendee_list,
    event_list,
    events_found,
    feed_of,
    visible_event,
    written_event,
)
from apps.events.schemas import (
    COVER,
    AttendeeOut,
    EventChanges,
    EventIn,
    EventOut,
    EventQuery,
    FeedOut,
    FeedQuery,
    InvitedOut,
    InviteIn,
    JoinIn,
    JoinOut,
)

router = Router(tags=["events"])

CALENDAR_ANSWER: dict[str, Any] = {
    "response": {200: None, **refusals(404)},
    "openapi_extra": {
        "responses": {200: {"description": "iCalendar.", "content": {"text/calendar": {"schema": {"type": "string"}}}}}
    },
}


def item(request: SignedInRequest, event_id: int) -> Item:
    return show(written_event(event_id), EventOut, request.viewer).one()


def visible(request: AnyRequest | SignedInRequest, event_id: int) -> Event:
    return get_object_or_404(Event.objects.visible_to(request.viewer).select_related("host"), pk=event_id)


@router.get("/events", auth=anyone, response=Page[EventOut])
def list_events(request: AnyRequest, query: Query[EventQuery]) -> HttpResponse:
    when = Period(query.when)
    asked = (request.viewer, when, None if when == Period.ALL else timezone.now(), query.host)
    events = events_found(*asked, search=query.search) if query.search else event_list(*asked)
    return page(request, show(events, EventOut, request.viewer), query)


@router.post("/events", throttle=Throttle("event"), response={201: Reply[EventOut], **refusals(403)})
@takes_files(up_to=COVER.max_bytes)
def create_event(request: SignedInRequest, data: Payload[EventIn]) -> Status[Answer]:
    event = services.create_event(host=request.user, form=data)
    return created(request, event, item(request, event.pk), "Event created successfully.")


@router.get("/events/{id:event_id}", auth=anyone, response=Reply[EventOut])
def get_event(request: AnyRequest, event_id: int) -> HttpResponse:
    return json_response(ok(show(visible_event(request.viewer, event_id), EventOut, request.viewer).one()))


@router.put(
    "/events/{id:event_id}",
    throttle=Throttle("event_change"),
    response={200: Reply[EventOut], **refusals(403)},
)
@takes_files(up_to=COVER.max_bytes)
def replace_event(request: SignedInRequest, event_id: int, data: Payload[EventIn]) -> Answer:
    event = visible(request, event_id)
    services.update_event(event=event, by=request.user, changes=data)
    return ok(item(request, event_id), "Event updated successfully.")


@router.patch(
    "/events/{id:event_id}",
    throttle=Throttle("event_change"),
    response={200: Reply[EventOut], **refusals(403)},
)
@takes_files(up_to=COVER.max_bytes)
def update_event(request: SignedInRequest, event_id: int, data: Payload[EventChanges]) -> Answer:
    event = visible(request, event_id)
    services.update_event(event=event, by=request.user, changes=data)
    return ok(item(request, event_id), "Event updated successfully.")


@router.delete(
    "/events/{id:event_id}",
    throttle=Throttle("event_change"),
    response={204: None, **refusals(403)},
)
def cancel_event(request: SignedInRequest, event_id: int) -> Status[None]:
    services.cancel_event(event=visible(request, event_id), by=request.user)
    return Status(204, None)


@router.post(
    "/events/{id:event_id}/join",
    throttle=Throttle("join"),
    response={200: Reply[JoinOut], **refusals(403)},
)
def join_event(request: SignedInRequest, event_id: int, data: Payload[JoinIn]) -> Answer:
    attendance = services.join_event(event=visible(request, event_id), user=request.user, status=data.status)
    return ok({"id": attendance.event_id, "status": attendance.status}, "You have joined the event successfully.")


@router.delete("/events/{id:event_id}/join", throttle=Throttle("join"), response={204: None})
def leave_event(request: SignedInRequest, event_id: int) -> Status[None]:
    attendance = get_object_or_404(request.user.attendances, event=event_id)
    services.leave_event(attendance=attendance, by=request.user)
    return Status(204, None)


@router.get("/events/{id:event_id}/attendees", response={200: Page[AttendeeOut], **refusals(403)})
def list_attendees(request: SignedInRequest, event_id: int, query: Query[PageQuery]) -> HttpResponse:
    event = get_object_or_404(Event.objects.visible_to(request.viewer).with_people(event_id, request.viewer))
    if not event.manages:
        raise PermissionDenied
    people = show(attendee_list(event.pk, event.host_id), AttendeeOut)
    return page(request, people, query, total=event.people_count)


@router.post(
    "/events/{id:event_id}/invite",
    throttle=Throttle("invite"),
    response={200: Reply[InvitedOut], **refusals(403)},
)
def invite(request: SignedInRequest, event_id: int, data: Payload[InviteIn]) -> Answer:
    invited = services.invite(event=visible(request, event_id), by=request.user, user_ids=data.user_ids)
    return ok({"invited": invited}, "Invitations sent.")


@router.get("/files/event/{id:event_id}", auth=OpenFileLink("event"), **FILE_ANSWER)
def get_event_cover(request: AnyRequest, event_id: int) -> HttpResponseBase:
    event = get_object_or_404(Event.objects.visible_to(request.viewer).with_cover(request.viewer), pk=event_id)
    return files.open_private(
        request,
        event.cover,
        content_type=event.cover_type,
        name=f"event-{event.pk}{IMAGES[event.cover_type]}",
        look=services.look_at_cover(event=event, by=request.user),
    )


@router.get("/events/{id:event_id}/calendar.ics", auth=anyone, **CALENDAR_ANSWER)
def get_event_calendar(request: AnyRequest, event_id: int) -> HttpResponse:
    return HttpResponse(calendar_of([visible(request, event_id)]), content_type=CONTENT_TYPE)


@router.get("/events/calendar", response=Reply[FeedOut])
def get_calendar(request: SignedInRequest) -> Answer:
    return ok({"url": feed_url(feed_of(request.user))})


@router.post("/events/calendar", response=Reply[FeedOut])
def renew_calendar(request: SignedInRequest) -> Answer:
    return ok({"url": feed_url(services.renew_calendar(user=request.user))})


@router.get("/events/calendar.ics", auth=None, **CALENDAR_ANSWER)
def get_calendar_feed(request: HttpRequest, query: Query[FeedQuery]) -> HttpResponse:
    owner = owner_of(query.token)
    events = Event.objects.in_calendar_of(owner)
    return HttpResponse(calendar_of(events, is_feed=True), content_type=CONTENT_TYPE)
