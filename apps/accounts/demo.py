"""The demo people's devices, when they came, and whom they report. Nobody holds the tokens of these sessions."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from math import exp
from typing import TYPE_CHECKING

from django.conf import settings

from apps.accounts.models import ActiveDay, Session
from apps.core.declarations import Complaints, Scene, Sighting
from apps.core.reading.days import each_day

if TYPE_CHECKING:
    from apps.demo.cast import Person
    from apps.demo.world import World

SHARE = 0.6
"""How many of them are signed in."""
DEVICES = [
    "Infloo/2.4 (iPhone 15; iOS 18.1)",
    "Infloo/2.4 (iPhone 13; iOS 17.7)",
    "Infloo/2.4 (Pixel 8; Android 15)",
    "Infloo/2.3 (Galaxy S23; Android 14)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/17.6 Safari/605.1.15",
]
NETWORKS = ["192.0.2", "198.51.100", "203.0.113"]
"""Nobody's: they are for documentation (RFC 5737)."""

LOOKED_BACK = timedelta(days=89)
FRIDAY = 4


def sign_in(world: "World") -> None:
    signed_in = [person for person in world.members if person.user.is_active and world.rng.random() < SHARE]
    rows = sorted((session(world, person) for person in signed_in), key=lambda row: row.created_at)
    world.write(Session, rows)


def session(world: "World", person: "Person") -> Session:
    used = person.user.last_login or person.joined
    return Session(
        user=person.user,
        refresh_id=f"{world.rng.getrandbits(128):032x}",
        user_agent=world.rng.choice(DEVICES),
        ip=f"{world.rng.choice(NETWORKS)}.{world.rng.randint(1, 254)}",
        created_at=world.between(max(used - timedelta(days=20), person.joined), used),
        last_used_at=used,
        expires_at=used + timedelta(days=settings.SESSION_DAYS),
    )


def come(world: "World") -> None:
    """Each as often as they like to, most in their first weeks, fewer at weekends; back to three months ago."""
    today = world.now.date()
    rows: list[ActiveDay] = []
    for person in world.members:
        if person.user.is_active:
            joined, eagerness = person.joined.date(), world.rng.betavariate(1.3, 2)
            since = max(joined, today - LOOKED_BACK)
            rows += [
                ActiveDay(user=person.user, day=day)
                for day in each_day(since, today)
                if world.rng.random() < chance(eagerness, (day - joined).days, is_weekend=day.weekday() > FRIDAY)
            ]
    world.write(ActiveDay, rows)


def chance(eagerness: float, age: int, *, is_weekend: bool) -> float:
    return 1 if age == 0 else eagerness * (0.5 + 0.5 * exp(-age / 20)) * (0.6 if is_weekend else 1)


def people_met(world: "World") -> Iterator[Sighting]:
    for by, other in pairwise(person.user for person in world.sample(world.members)):
        yield Sighting(by, other.pk, max(by.date_joined, other.date_joined))


SCENES = [Scene(sign_in, order=100), Scene(come, order=500)]
COMPLAINTS = [
    Complaints(
        "user",
        [
            ("fake", "The pictures are not theirs: I know the person they belong to."),
            ("spam", "Asks everybody to connect, and sends a price list the same day."),
            ("fake", "They never worked with the brands they name."),
        ],
        people_met,
        order=20,
    )
]
