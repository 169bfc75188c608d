"""Looking at profiles."""

from apps.core.buffers import Buffer
from apps.core.reading.days import today
from apps.social.models import ProfileVisit, StoryDay

profile_visits = Buffer(ProfileVisit.objects.note)


def visit_profile(*, person_id: int, viewer_id: int) -> None:
    """Counts once a day, and not one's own; written down a few seconds later."""
    if viewer_id != person_id:
        profile_visits.add((person_id, viewer_id, today()))


def prune_days() -> None:
    """What was counted of profiles and stories more than a year ago."""
    ProfileVisit.objects.old().delete()
    StoryDay.objects.old().delete()
