"""What people of the demo network report of the events they took part in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.core.declarations import Complaints, Sighting
from apps.events.models import Attendance

if TYPE_CHECKING:
    from apps.demo.world import World


def events_joined(world: "World") -> Iterator[Sighting]:
    for row in world.sample_of(Attendance.objects.select_related("user", "event")):
        yield Sighting(row.user, row.event_id, row.event.created_at)


COMPLAINTS = [
    Complaints(
        "event",
        [
            ("other", "That place has been closed since spring."),
            ("spam", "The same event again and again, each time under another name."),
            ("inappropriate", "It cost money at the door, which nobody had been told."),
        ],
        events_joined,
        order=30,
    )
]
