"""What every part of the building has at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from apps.demo.cast import Person
from apps.demo.progress import Progress

T = TypeVar("T")
M = TypeVar("M", bound=Model)

BATCH = 1000
"""Rows written in one statement."""
SAMPLE = 1000
"""Among so many things they are found."""


@dataclass
class World:
    """Everything is decided by `rng`, and by times only as far as they are from `now`: so a seed means one network."""

    rng: Random
    now: datetime
    progress: Progress
    people: list[Person] = field(default_factory=list)

    @property
    def members(self) -> list[Person]:
        return [person for person in self.people if person.is_member]

    def ago(self, least: float, most: float) -> datetime:
        """So many days before now."""
        return self.now - timedelta(days=self.rng.uniform(least, most))

    def between(self, start: datetime, end: datetime) -> datetime:
        """Some moment from `start` until `end`; `end` if that comes first."""
        return start + (end - start) * self.rng.random() if start < end else end

    def write(self, model: type[M], rows: list[M]) -> None:
        """Rows of the past, with the times they were given."""
        with times_as_given(model):
            model._default_manager.bulk_create(rows, batch_size=BATCH)

    def some(self, rows: list[T], count: int) -> list[T]:
        """So many of them, or all, in any order."""
        return self.rng.sample(rows, min(count, len(rows)))

    def sample(self, rows: list[T]) -> list[T]:
        """In any order, and no more than it takes to find what is looked for among them."""
        return self.some(rows, SAMPLE)

    def sample_of(self, rows: "QuerySet[M]") -> list[M]:
        """The same of the newest rows."""
        return self.sample(list(rows.order_by("-pk")[:SAMPLE]))


@contextmanager
def times_as_given(*models: type[Model]) -> Iterator[None]:
    """`auto_now` and `auto_now_add` mean now; rows of the past keep the times they were given."""
    fields: list[Any] = [field for model in models for field in model._meta.concrete_fields]
    former = [(field, field.auto_now, field.auto_now_add) for field in fields if hasattr(field, "auto_now_add")]
    try:
        for moment, *_ in former:
            moment.auto_now = moment.auto_now_add = False
        yield
    finally:
        for moment, auto_now, auto_now_add in former:
            moment.auto_now, moment.auto_now_add = auto_now, auto_now_add
