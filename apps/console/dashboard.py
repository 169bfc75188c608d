"""The first page of the console: how things stand, and what waits for somebody."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Count, Min
from django.http import HttpRequest
from django.utils.timesince import timesince
from django_q.models import Failure, OrmQ

from apps.accounts.models import Document, User, UserType
from apps.console.site import pages_of
from apps.social.models import Connection


class Card(NamedTuple):
    title: str
    value: int
    note: str


def people() -> Card:
    return Card("People", User.objects.active().count(), "active accounts")


def documents() -> Card:
    waiting = Document.objects.pending().aggregate(count=Count("pk"), oldest=Min("created_at"))
    note = f"the oldest for {timesince(waiting['oldest'], depth=1)}" if waiting["oldest"] else "nothing waits"
    return Card("Documents to review", waiting["count"], note)


def connections() -> Card:
    counts = dict(Connection.objects.values_list("status").annotate(count=Count("pk")).order_by())
    pending = counts.get(Connection.Status.PENDING, 0)
    return Card("Connections", counts.get(Connection.Status.ACCEPTED, 0), f"and {pending} unanswered requests")


def jobs() -> Card:
    return Card("Jobs waiting", OrmQ.objects.count(), f"and {Failure.objects.count()} failed")


CARDS: dict[str, Callable[[], Card]] = {
    "accounts.user": people,
    "accounts.document": documents,
    "social.connection": connections,
    "django_q.failure": jobs,
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    pages = pages_of(request)
    cards = [make()._asdict() | {"link": pages[model]} for model, make in CARDS.items() if model in pages]
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
