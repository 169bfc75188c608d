"""What services queue: telling who got a place."""

from collections.abc import Iterable

from django.db import transaction

from apps.accounts.models import User
from apps.events.models import Attendance, Event, attendees
from apps.notifications.schemas import Redirect
from apps.notifications.services import FanOutContent, notify_all, start_fan_outs

Status = Attendance.Status

PROMOTED_AT_ONCE = 100
"""People told of their place in one transaction, and whose connections are told by one job."""


def leads_to(event: Event) -> Redirect:
    return Redirect(kind="event", id=event.pk, url=event.path)


def tell_promoted(event_id: int) -> None:
    """Tell who got a place, and have their connections told; may be killed, started again, and run twice at once."""
    while tell_some_promoted(event_id):
        pass


@transaction.atomic
def tell_some_promoted(event_id: int) -> bool:
    """The next few; that they are to be told is forgotten in the same transaction. Whether there may be more."""
    untold = dict(Attendance.objects.untold(event_id).values_list("pk", "user")[:PROMOTED_AT_ONCE])
    event = Event.objects.taking_place().select_related("host").filter(pk=event_id).first()
    if event:
        # Not who gave the place up again meanwhile.
        people = attendees(event, Status.GOING).filter(pk__in=untold.values())
        where = leads_to(event)
        notify_all(receivers=people, code="event_promoted", actor=event.host, redirect=where, title=event.title)
        announce_people(event, people, Status.GOING)
    Attendance.objects.filter(pk__in=untold).update(untold_since=None)
    return len(untold) == PROMOTED_AT_ONCE


def announce_people(event: Event, people: Iterable[User], status: Status) -> None:
    """Have their connections told how they stand to the event: once for each, whatever they answer later."""
    does = {Status.GOING: "is going to", Status.INTERESTED: "is interested in"}.get(status)
    if does is None:
        return
    contents = [
        FanOutContent(
            key=f"event_joined:{event.pk}:{person.pk}",
            actor=person,
            words={"user": person.username, "does": does, "title": event.title},
        )
        for person in people
    ]
    start_fan_outs(code="event_joined", redirect=leads_to(event), contents=contents)
