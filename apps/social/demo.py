"""What people of the demo network report of each other's stories."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apps.core.declarations import Complaints, Sighting
from apps.social.models import StoryView

if TYPE_CHECKING:
    from apps.demo.world import World


def stories_seen(world: "World") -> Iterator[Sighting]:
    for view in world.sample_of(StoryView.objects.select_related("viewer")):
        yield Sighting(view.viewer, view.story_id, view.created_at)


COMPLAINTS = [
    Complaints(
        "story",
        [
            ("spam", "This is an advertisement, and does not say so."),
            ("inappropriate", "There is somebody else's work in this picture, without their name."),
            ("other", "Posted the third time this week."),
        ],
        stories_seen,
        order=10,
    )
]
