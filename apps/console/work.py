"""The queue of what waits for a decision, over all kinds that rooms declare."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from django.db.models import Model
from django.http import Http404
from django.urls import reverse

from apps.accounts.models import User
from apps.console import claims
from apps.core.audit import name_of
from apps.core.work import Summary, Work, works

SHOWN: Final = 100
"""So many of each kind stand in the queue."""
MINE, UNCLAIMED, DONE = "mine", "unclaimed", "done"


@dataclass(frozen=True)
class Item:
    """A row in the queue."""

    work: Work[Any]
    row: Model
    summary: Summary
    holder: User | None = None
    """Who works on it now."""

    @property
    def link(self) -> str:
        return link_to(self.work, self.row)

    @property
    def rank(self) -> tuple[int, Any]:
        return -self.summary.severity, self.summary.since


def link_to(work: Work[Any], row: Model) -> str:
    return reverse("work_item", args=[work.slug, row.pk])


def works_of(viewer: User) -> list[Work[Any]]:
    """The kinds that this person decides."""
    return [work for work in works().values() if viewer.has_perm(work.permission)]


def queue(viewer: User, kinds: Iterable[Work[Any]]) -> list[Item]:
    """What waits of these kinds, the most severe first and then the oldest, with who works on it."""
    rows = [(work, row) for work in kinds for row in work.waiting(viewer)[:SHOWN]]
    holders = claims.holders(row for _, row in rows)
    items = [Item(work, row, work.summary(row), holders.get(name_of(row))) for work, row in rows]
    return sorted(items, key=attrgetter("rank"))


def done_by(viewer: User) -> list[Item]:
    """What this person decided last, of all kinds; its `since` is when."""
    items = [Item(work, row, work.summary(row)) for work in works_of(viewer) for row in work.done_by(viewer)[:SHOWN]]
    return sorted(items, key=lambda item: item.summary.since, reverse=True)[:SHOWN]


def items_in(tab: str, viewer: User) -> list[Item]:
    """What stands under a tab of the queue: the slug of a kind, one of those above, or nothing for all that waits."""
    kinds = works_of(viewer)
    if tab == DONE:
        return done_by(viewer)
    if tab in (MINE, UNCLAIMED, ""):
        items = queue(viewer, kinds)
        return [item for item in items if tab == "" or item.holder == (viewer if tab == MINE else None)]
    if tab not in {work.slug for work in kinds}:
        raise Http404
    return queue(viewer, [work for work in kinds if work.slug == tab])


def waiting_count(viewer: User) -> int:
    return sum(work.waiting(viewer).order_by().count() for work in works_of(viewer))


def neighbours(item_row: Model, work: Work[Any], viewer: User) -> tuple[Item | None, Item | None]:
    """Of this kind, what comes before and after a row among those on which nobody else works."""
    items = [item for item in queue(viewer, [work]) if item.row == item_row or item.holder in (None, viewer)]
    position = next((number for number, item in enumerate(items) if item.row == item_row), -1)
    before = items[position - 1] if position > 0 else None
    after = items[position + 1] if position + 1 < len(items) else None
    return before, after
