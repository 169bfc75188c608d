"""What services queue: telling audiences."""

from collections.abc import Callable

from apps.accounts.models import User, UserQuerySet
from apps.events.models import Attendance, Event, attendees, connections_of, connections_who_see
from apps.notifications.models import FanOut
from apps.notifications.services import deliver

Audience = Callable[[Event, User], UserQuerySet]

AUDIENCES: dict[str, Audience] = {
    "event_hosted": lambda event, _: connections_of(event.host),
    "event_joined": lambda event, actor: connections_who_see(actor, event),
    "event_changed": lambda event, _: attendees(event, event.host),
    "event_cancelled": lambda event, _: attendees(event, event.host),
    "event_reminder": lambda event, _: attendees(event, event.host, Attendance.Status.GOING),
}
"""Who is told of what, by notification code."""


def tell(fan_out_id: int) -> None:
    """Tell the audience of this fan-out; whoever was told already is not told again."""
    fan_out = FanOut.objects.select_related("kind", "actor").filter(pk=fan_out_id).first()
    if fan_out:  # it goes with its actor
        deliver(fan_out=fan_out, audience=audience_of(fan_out))


def audience_of(fan_out: FanOut) -> UserQuerySet:
    """Nobody hears of an event that is gone meanwhile, except that it was cancelled."""
    event = Event.objects.select_related("host").filter(pk=fan_out.redirect_id).first()
    is_there = event and event.cancelled_at is None and event.host.is_active
    if event is None or not (is_there or fan_out.kind.code == "event_cancelled"):
        return User.objects.none()
    return AUDIENCES[fan_out.kind.code](event, fan_out.actor or event.host)
