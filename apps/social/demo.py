"""Whom people of the demo network look at, what became of their former stories, and what they report of them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from apps.accounts.models import ActiveDay, Block
from apps.core.declarations import Complaints, Scene, Sighting
from apps.core.reading.days import DAY, each_day
from apps.social.models import Connection, ProfileVisit, StoryDay, StoryView

if TYPE_CHECKING:
    from apps.demo.world import World


VISITS = [0, 0, 1, 1, 2, 3]
"""How many profiles somebody looks at on a day on which they are there."""
POSTING = 0.12
"""How many of the influencers and brands post a story on a day."""
LOOKED_BACK = timedelta(days=89)


def friendships() -> dict[int, list[int]]:
    friends: dict[int, list[int]] = defaultdict(list)
    for one, other in Connection.objects.accepted().order_by("pk").values_list("sender", "receiver"):
        friends[one].append(other)
        friends[other].append(one)
    return friends


def look_around(world: "World") -> None:
    """Mostly at whom they know, else at anybody who was there by then; more often at those who are known to many."""
    rng, friends = world.rng, friendships()
    members = {person.pk: person for person in world.members if person.user.is_active}
    apart = {frozenset(pair) for pair in Block.objects.values_list("blocker", "blocked")}
    famous = [pk for pk in members for _ in range(1 + len(friends[pk]))]
    visits: dict[tuple[int, int, date], ProfileVisit] = {}
    for viewer, day in ActiveDay.objects.order_by("pk").values_list("user", "day"):
        for _ in range(rng.choice(VISITS)):
            person = rng.choice(friends[viewer] if friends[viewer] and rng.random() < 0.6 else famous)
            is_there = person in members and members[person].joined.date() <= day
            if is_there and person != viewer and frozenset((person, viewer)) not in apart:
                visits[person, viewer, day] = ProfileVisit(person_id=person, viewer_id=viewer, day=day)
    world.write(ProfileVisit, list(visits.values()))


def remember_stories(world: "World") -> None:
    """Of the days before those that are there."""
    rng, friends, rows = world.rng, friendships(), []
    today = world.now.date()
    for person in world.members:
        if person.role not in ("influencer", "brand"):
            continue
        for day in each_day(max(person.joined.date() + DAY, today - LOOKED_BACK), today - 2 * DAY):
            if rng.random() < POSTING:
                stories = rng.choice([1, 1, 2])
                audience = stories * len(friends[person.pk])
                seen = int(audience * rng.uniform(0.25, 0.7))
                numbers = {"stories": stories, "audience": audience, "seen": seen, "views": seen}
                rows.append(StoryDay(user=person.user, day=day, **numbers))
    world.write(StoryDay, rows)


def stories_seen(world: "World") -> Iterator[Sighting]:
    for view in world.sample_of(StoryView.objects.select_related("viewer")):
        yield Sighting(view.viewer, view.story_id, view.created_at)


SCENES = [Scene(look_around, order=510), Scene(remember_stories, order=520)]
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
