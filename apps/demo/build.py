"""The whole network, or nothing of it."""

from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.declarations import declared
from apps.core.media.storing import all_discarded_on_failure
from apps.demo import chat, documents, events, logins, network, people, reports, stories, told
from apps.demo.cast import cast
from apps.demo.progress import Progress
from apps.demo.world import World
from apps.social.models import Story

FEWEST = len(logins.LOGINS)


def objection() -> str | None:
    """Why the network should not be built here, if there is a reason."""
    if settings.PUBLIC_URL.startswith("https:"):
        return f"{settings.PUBLIC_URL} is a public address."
    if User.objects.listed().exists():
        return "There are other people in this database."
    return None


def build(*, count: int, seed: int, progress: Progress) -> None:
    with all_discarded_on_failure(), transaction.atomic():
        populate(World(Random(seed), timezone.now(), progress), count)


def populate(world: World, count: int) -> None:
    """All of them draw from one source of chance, so the order of these lines is part of what a seed means."""
    world.people = cast(world.rng, count, world.now)
    people.join(world)
    handed_in = documents.hand_in(world)
    known = network.connect(world)
    gatherings = events.hold(world, known)
    talks = chat.converse(world, known, gatherings)
    told.tell(world, known, handed_in, gatherings, talks)
    stories.post(world)
    reports.complain(world)
    for scene in declared("demo", "SCENES"):
        scene.build(world)
    if connection.vendor == "postgresql":
        # Until its own analysis comes by, it would plan every query for empty tables.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def post_new_stories(*, seed: int, progress: Progress) -> bool:
    """Stories live for a day: once the last one is gone, there are new ones. Whether that was so."""
    if Story.objects.live().filter(user__in=logins.demo_people()).exists():
        return False
    now = timezone.now()
    with all_discarded_on_failure(), transaction.atomic():
        stories.post(World(Random(f"{seed} {now.date()}"), now, progress))
    return True
