"""The first page of the console: how things stand, and what waits for somebody."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min
from django.utils.timesince import timesince
from django_q.models import Failure, OrmQ

from apps.accounts.models import Document, User, UserType
from apps.console.site import pages_of
from apps.core.auth import SignedInRequest
from apps.moderation.models import Report
from apps.social.models import Connection


class Card(NamedTuple):
    title: str
    value: int
    note: str


def people(viewer: User) -> Card:
    return Card("People", User.objects.active().count(), "active accounts")


def documents(viewer: User) -> Card:
    waiting = Document.objects.pending().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Card("Documents to review", waiting["count"], since(waiting["oldest"]))


def reports(viewer: User) -> Card:
    waiting = Report.objects.visible_to(viewer).open().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Card("Open reports", waiting["count"], since(waiting["oldest"]))


def since(oldest: datetime | None) -> str:
    return f"the oldest for {timesince(oldest, depth=1)}" if oldest else "nothing waits"


def connections(viewer: User) -> Card:
    counts = dict(Connection.objects.values_list("status").annotate(count=Count("pk")).order_by())
    pending = counts.get(Connection.Status.PENDING, 0)
    return Card("Connections", counts.get(Connection.Status.ACCEPTED, 0), f"and {pending} unanswered requests")


def jobs(viewer: User) -> Card:
    return Card("Jobs waiting", OrmQ.objects.count(), f"and {Failure.objects.count()} failed")


CARDS: dict[str, Callable[[User], Card]] = {
    "accounts.user": people,
    "accounts.document": documents,
    "moderation.report": reports,
    "social.connection": connections,
    "django_q.failure": jobs,
}


def dashboard(request: SignedInRequest, context: dict[str, Any]) -> dict[str, Any]:
    pages = pages_of(request)
    cards = [make(request.user)._asdict() | {"link": pages[model]} for model, make in CARDS.items() if model in pages]
    return context | {
        "title": "Overview",
        "cards": cards,
        "people": people_by_type() if "accounts.user" in pages else None,
    }


def people_by_type() -> dict[str, list[Any]]:
    """As unfold's table component takes it."""
    types: list[Any] = list(UserType.objects.with_counts())
    rows = [[type.name, type.people, type.active, type.verified] for type in types]
    return {"headers": ["type", "people", "active", "with the blue tick"], "rows": rows}
