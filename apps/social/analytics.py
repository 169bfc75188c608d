"""What becomes of what somebody shows, and how the network grows."""

from collections.abc import Mapping
from datetime import date

from apps.core.declarations import DailyCount, Measure
from apps.core.reading.days import by_day, count_by, of_days
from apps.social.models import Connection, ProfileVisit, Story, StoryDay, StoryView, connections_count


def connections_gained(person_id: int, first: date, last: date) -> dict[date, int]:
    """Those that are left of them; each half is read from its own index."""
    accepted = Connection.objects.accepted()
    halves = (accepted.filter(sender=person_id), accepted.filter(receiver=person_id))
    return by_day(*(count_by(half, "answered_at", first, last) for half in halves))


def profile_visits(person_id: int, first: date, last: date) -> dict[date, int]:
    return by_day(of_days(ProfileVisit.objects.filter(person=person_id), first, last))


def story_views(person_id: int, first: date, last: date) -> dict[date, int]:
    """On the day on which they were seen."""
    living = count_by(StoryView.objects.filter(story__user=person_id), "created_at", first, last)
    return by_day(living, of_days(StoryDay.objects.filter(user=person_id), first, last, "views"))


def views_of_posted(person_id: int, first: date, last: date) -> dict[date, int]:
    """On the day on which the stories were posted."""
    living = count_by(Story.objects.filter(user=person_id, views__isnull=False), "created_at", first, last)
    return by_day(living, of_days(StoryDay.objects.filter(user=person_id), first, last, "seen"))


def story_audience(person_id: int, first: date, last: date) -> Mapping[date, int]:
    """Connections who could have seen the stories posted on a day, each as often as there were stories.

    Of those that are there still, all connections of now: whoever comes in their day sees them too.
    """
    stories = by_day(count_by(Story.objects.filter(user=person_id), "created_at", first, last))
    gone = by_day(of_days(StoryDay.objects.filter(user=person_id), first, last, "audience"))
    connections = connections_count(person_id) if stories else 0
    return {day: gone.get(day, 0) + stories.get(day, 0) * connections for day in {*gone, *stories}}


def connections_made(day: date) -> dict[int | None, float]:
    return {None: sum(by_day(count_by(Connection.objects.accepted(), "answered_at", day, day)).values())}


def stories_posted(day: date) -> dict[int | None, float]:
    """Those that are gone by then, too."""
    living = count_by(Story.objects.all(), "created_at", day, day)
    return {None: sum(by_day(living, of_days(StoryDay.objects.all(), day, day, "stories")).values())}


MEASURES = [
    Measure("connections_gained", connections_gained),
    Measure("profile_visits", profile_visits),
    Measure("story_views", story_views),
    Measure("story_engagement", views_of_posted, out_of=story_audience),
]
DAILY_COUNTS = [
    DailyCount("connections", connections_made),
    DailyCount("stories", stories_posted),
]
