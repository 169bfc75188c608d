"""Who is told of an event."""

from collections.abc import Callable

from apps.accounts.models import User, UserQuerySet
from apps.events.models import Attendance, Event, attendees, connections_of, connections_who_see
from apps.notifications.audiences import audience_of
from apps.notifications.models import FanOut

AUDIENCES: dict[str, Callable[[Event, User], UserQuerySet]] = {
    "event_hosted": lambda event, _: connections_of(event.host),
    "event_joined": lambda event, actor: connections_who_see(actor, event),
    "event_changed": lambda event, _: attendees(event),
    "event_cancelled": lambda event, _: attendees(event),
    "event_reminder": lambda event, _: attendees(event, Attendance.Status.GOING),
}
"""By notification code, of the event and of who did it (its host, if nobody did)."""


@audience_of(*AUDIENCES)
def people_to_tell(fan_out: FanOut) -> UserQuerySet:
    """Nobody hears of an event that is gone meanwhile, except that it was cancelled."""
    events = Event.objects.all() if fan_out.kind.code == "event_cancelled" else Event.objects.taking_place()
    event = events.select_related("host").filter(pk=fan_out.redirect_id).first()
    return AUDIENCES[fan_out.kind.code](event, fan_out.actor or event.host) if event else User.objects.none()
