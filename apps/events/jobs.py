"""What services queue: telling audiences."""

from collections.abc import Callable, Collection, Iterable

from django.db import transaction

from apps.accounts.models import User, UserQuerySet
from apps.core.queue import queue
from apps.events.models import (
    Attendance,
    Event,
    attendees,
    connections_of,
    connections_who_see,
)
from apps.notifications.models import FanOut
from apps.notifications.schemas import Redirect
from apps.notifications.services import News, deliver, notify_all, start_fan_outs

Status = Attendance.Status
Audience = Callable[[Event, User], UserQuerySet]

AUDIENCES: dict[str, Audience] = {
    "event_hosted": lambda event, _: connections_of(event.host),
    "event_joined": lambda event, actor: connections_who_see(actor, event),
    "event_changed": lambda event, _: attendees(event),
    "event_cancelled": lambda event, _: attendees(event),
    "event_reminder": lambda event, _: attendees(event, Status.GOING),
}
"""Who is told of what, by notification code."""

PROMOTED_AT_ONCE = 100
"""People told of their place in one transaction, and whose connections are told by one job."""


def leads_to(event: Event) -> Redirect:
    return Redirect(kind="event", id=event.pk, url=event.path)


def tell(fan_out_id: int) -> None:
    """Tell the audience of this fan-out; whoever was told already is not told again."""
    fan_out = FanOut.objects.select_related("kind", "actor").filter(pk=fan_out_id).first()
    if fan_out:  # it goes with its actor
        deliver(fan_out=fan_out, audience=audience_of(fan_out))


def tell_each(fan_out_ids: Collection[int]) -> None:
    for fan_out_id in fan_out_ids:
        tell(fan_out_id)


def audience_of(fan_out: FanOut) -> UserQuerySet:
    """Nobody hears of an event that is gone meanwhile, except that it was cancelled."""
    events = Event.objects.all() if fan_out.kind.code == "event_cancelled" else Event.objects.taking_place()
    event = events.select_related("host").filter(pk=fan_out.redirect_id).first()
    return AUDIENCES[fan_out.kind.code](event, fan_out.actor or event.host) if event else User.objects.none()


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
    news = [
        News(
            key=f"event_joined:{event.pk}:{person.pk}",
            actor=person,
            words={"user": person.username, "does": does, "title": event.title},
        )
        for person in people
    ]
    if fan_outs := start_fan_outs(code="event_joined", redirect=leads_to(event), news=news):
        queue(tell_each, fan_outs)
