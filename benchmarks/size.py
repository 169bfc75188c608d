"""How large the network is, who is who in it, and the dice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from benchmarks.copying import stamp

PASSWORD = "Secret@123"  # noqa: S105  # everybody's
BUSY, FRIEND = 1, 2
"""The two with the most connections (about 6,000 and 2,500 of 100,000 people), who are connected to each other."""
POPULAR_EVENT = POPULAR_STORY = 1
"""The busy person's: up to 5,000 people take part in it, and have seen it."""
LONG_CHAT, ROOM = 1, 2
"""Both of the busy person and the friend: up to 100,000 messages, and the room called `room2`."""

FIRST = ["Alba", "Amir", "Anna", "Ben", "Clara", "Elif", "Emil", "Fatou", "Finn", "Greta", "Ivan", "Kofi", "Mara"]
LAST = ["Adler", "Berger", "Costa", "Diallo", "Fischer", "Garcia", "Ito", "Jansen", "Lopez", "Moreau", "Okafor"]
WORDS = ["travel", "food", "fashion", "music", "sports", "books", "gaming", "beauty", "fitness", "art", "film"]
CITIES = ["Berlin", "Vienna", "Zurich", "Paris", "Madrid", "Rome", "Lisbon", "Oslo", "Accra", "Tokyo"]
COUNTRIES = ["DE", "AT", "CH", "FR", "ES", "IT", "PT", "NO", "GH", "JP"]


@dataclass(frozen=True)
class Size:
    users: int
    hosts: Sequence[int]
    seed: int
    now: datetime

    def dice(self, table: str) -> Random:
        """Of its own for each table: what is added for one does not change another."""
        return Random(f"{self.seed} {table}")  # noqa: S311  # no secrets here

    def somebody(self, dice: Random) -> int:
        """An id, more often of people with many connections."""
        return 1 + int(self.users * dice.random() ** 2)

    def moments(self, first_day: float, last_day: float, steps: int = 5000) -> list[Any]:
        """Evenly spread and in order, as the database takes them: formatting one for every row takes long."""
        length = timedelta(days=last_day - first_day) / steps
        start = self.now + timedelta(days=first_day)
        return [stamp(start + length * step) for step in range(steps)]


class Person(NamedTuple):
    username: str
    first_name: str
    last_name: str


def username(number: int) -> str:
    return person(number).username


def person(number: int) -> Person:
    first, last = FIRST[number % len(FIRST)], LAST[number // 3 % len(LAST)]
    return Person(f"{first}.{last}{number}".lower(), first, last)


def everybody(size: Size) -> Iterator[tuple[int, Person]]:
    for number in range(1, size.users + 1):
        yield number, person(number)
    for place, count in enumerate(size.hosts, start=1):
        yield size.users + place, Person(f"host{count}", "Host", "")


def sentence(dice: Random) -> str:
    return f"I love {', '.join(dice.sample(WORDS, 3))} and {dice.choice(CITIES)}."
