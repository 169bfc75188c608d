"""What people of the demo network report of the messages they got."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.core.declarations import Complaints, Sighting
from apps.messaging.models import Message

if TYPE_CHECKING:
    from apps.demo.world import World


def messages_received(world: "World") -> Iterator[Sighting]:
    for row in world.sample_of(Message.objects.select_related("receiver")):
        yield Sighting(row.receiver, row.pk, row.timestamp)


COMPLAINTS = [
    Complaints(
        "message",
        [
            ("abuse", "I have asked twice not to be written to about this."),
            ("spam", "I never asked for this offer."),
            ("abuse", ""),
        ],
        messages_received,
        order=40,
    )
]
