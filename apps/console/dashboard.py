"""The first page of the console: how things stand, and what waits for somebody."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min, Model
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html
from django.utils.timesince import timesince
from django_q.models import Failure, OrmQ

from apps.accounts.models import Document, User, UserType
from apps.console.site import pages_of
from apps.core.http.auth import SignedInRequest
from apps.core.reading.viewer import Viewer
from apps.events.models import Event, Period
from apps.moderation.models import Report
from apps.social.models import Connection, Story

MONTHS = range(11, -1, -1)
FIRST = 5
"""So many of what waits and what is to come."""


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
    waiting = Report.objects.visible_to(Viewer.of(viewer)).open().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Card("Open reports", waiting["count"], since(waiting["oldest"]))


def since(oldest: datetime | None) -> str:
    return f"the oldest for {timesince(oldest, depth=1)}" if oldest else "nothing waits"


def stories(viewer: User) -> Card:
    return Card("Stories", Story.objects.live().count(), "of the last 24 hours")


def events(viewer: User) -> Card:
    held, now = Event.objects.taking_place(), timezone.now()
    ongoing = held.when(Period.ONGOING, now).count()
    return Card("Events to come", held.when(Period.UPCOMING, now).count(), f"and {ongoing} going on")


def connections(viewer: User) -> Card:
    counts = dict(Connection.objects.values_list("status").annotate(count=Count("pk")).order_by())
    pending = counts.get(Connection.Status.PENDING, 0)
    return Card("Connections", counts.get(Connection.Status.ACCEPTED, 0), f"and {pending} unanswered requests")


def jobs(viewer: User) -> Card:
    return Card("Jobs waiting", OrmQ.objects.count(), "for the worker")


def failures(viewer: User) -> Card:
    return Card("Failed jobs", Failure.objects.count(), "given up")


CARDS: dict[str, Callable[[User], Card]] = {
    "accounts.document": documents,
    "moderation.report": reports,
    "accounts.user": people,
    "social.connection": connections,
    "social.story": stories,
    "events.event": events,
    "django_q.ormq": jobs,
    "django_q.failure": failures,
}


def dashboard(request: SignedInRequest, context: dict[str, Any]) -> dict[str, Any]:
    pages = pages_of(request)
    cards = [make(request.user)._asdict() | {"link": pages[model]} for model, make in CARDS.items() if model in pages]
    return context | {
        "title": "Overview",
        "cards": cards,
        "columns": 3 if len(cards) % 3 == 0 else 4,
        "joined": joined_by_month() if "accounts.user" in pages else None,
        "people": people_by_type() if "accounts.user" in pages else None,
        "waiting": waiting_documents() if request.user.has_perm("accounts.review_document") else None,
        "coming": coming_events() if "events.event" in pages else None,
    }


def joined_by_month() -> str:
    """As unfold's charts take it: this month and those before it, one year."""
    now = timezone.now()
    months = [datetime(now.year - (ago >= now.month), (now.month - ago - 1) % 12 + 1, 1, tzinfo=UTC) for ago in MONTHS]
    rows = User.objects.filter(date_joined__gte=months[0]).annotate(month=TruncMonth("date_joined", tzinfo=UTC))
    counts = dict(rows.values_list("month").order_by().annotate(count=Count("pk")))
    bars = {"label": "new people", "data": [counts.get(month, 0) for month in months], "displayYAxis": True}
    bars |= {"backgroundColor": "var(--color-primary-500)", "maxBarThickness": 32, "borderRadius": 4}
    return json.dumps({"labels": [date_format(month, "M y") for month in months], "datasets": [bars]})


Table = dict[str, list[Any]]
"""As unfold's table component takes it."""


def waiting_documents() -> Table:
    waiting = Document.objects.pending().select_related("user").order_by("created_at")[:FIRST]
    rows = [[linked("accounts_document_review", row, row.user), row.type, ago(row.created_at)] for row in waiting]
    return {"headers": ["person", "document", "waits for"], "rows": rows}


def coming_events() -> Table:
    coming = Event.objects.taking_place().when(Period.UPCOMING, timezone.now()).with_going()[:FIRST]
    rows = [[linked("events_event_change", row, row), localize(row.date), row.places_taken] for row in coming]
    return {"headers": ["event", "begins", "going"], "rows": rows}


def linked(page: str, row: Model, text: object) -> str:
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(f"admin:{page}", args=[row.pk]), text)


def ago(moment: datetime) -> str:
    return timesince(moment, depth=1)


def people_by_type() -> Table:
    types: list[Any] = list(UserType.objects.with_counts())
    rows = [[type.name, type.people, type.active, type.verified] for type in types]
    return {"headers": ["type", "people", "active", "with the blue tick"], "rows": rows}
