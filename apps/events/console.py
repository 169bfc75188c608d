"""Events in the console."""

from django.utils import timezone
from django.utils.formats import localize

from apps.accounts.models import User
from apps.core.console import FIRST, Table, linked
from apps.core.declarations import Capability, Card, Figure, Page, Panel, Sentence
from apps.events.models import Event, Period


def events(viewer: User) -> Figure:
    held, now = Event.objects.taking_place(), timezone.now()
    ongoing = held.when(Period.ONGOING, now).count()
    return Figure(held.when(Period.UPCOMING, now).count(), f"and {ongoing} going on")


def coming_events(viewer: User) -> Table:
    coming = Event.objects.taking_place().when(Period.UPCOMING, timezone.now()).with_going()[:FIRST]
    rows = [[linked("events_event_change", row, row), localize(row.date), row.places_taken] for row in coming]
    return {"headers": ["event", "begins", "going"], "rows": rows}


PAGES = [
    Page("Events", "Events", "event", "events.event", order=300),
    Page("Events", "Attendances", "how_to_reg", "events.attendance", order=310),
]
SENTENCES = [
    Sentence("event.changed", "changed {thing}"),
    Sentence("event.cover_viewed", "looked at the cover of {thing}"),
    Sentence("event.cancelled", "cancelled {thing}"),
    Sentence("event.taken_down", "took down {thing}"),
    Sentence("event.restored", "restored {thing}"),
    Sentence("event.attendee_removed", "removed {person} from an event"),
]
CARDS = [Card("Events to come", "events.event", events, order=60)]
PANELS = [Panel("Next events", "events.event", "table", coming_events, order=20)]
CAPABILITIES = [
    Capability(
        *("see-events", "See events and who attends", "Events", ["events.view_event", "events.view_attendance"]),
        order=300,
    ),
    Capability(
        *("take-down-events", "Cancel events, and remove people from them", "Events", ["events.moderate_event"]),
        order=310,
        help="With it come private events, and changing anybody's.",
    ),
    Capability("host-events", "Host events", "Events", ["events.add_event"], order=320, help="In the app."),
    Capability("join-events", "Join events", "Events", ["events.join_event"], order=330, help="In the app."),
]
