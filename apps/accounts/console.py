"""People in the console."""

import json
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.formats import date_format

from apps.accounts.models import Document, User, UserType
from apps.core.console import FIRST, Table, ago, linked_work, since
from apps.core.declarations import Card, Figure, Page, Panel, Sentence, Tabs

MONTHS = range(11, -1, -1)


def documents_waiting(viewer: User) -> int:
    return Document.objects.pending().count() if viewer.has_perm("accounts.review_document") else 0


def people(viewer: User) -> Figure:
    return Figure(User.objects.active().count(), "active accounts")


def documents(viewer: User) -> Figure:
    waiting = Document.objects.pending().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Figure(waiting["count"], since(waiting["oldest"]))


def joined_by_month() -> str:
    """As unfold's charts take it: this month and those before it, one year."""
    now = timezone.now()
    months = [datetime(now.year - (ago >= now.month), (now.month - ago - 1) % 12 + 1, 1, tzinfo=UTC) for ago in MONTHS]
    rows = User.objects.filter(date_joined__gte=months[0]).annotate(month=TruncMonth("date_joined", tzinfo=UTC))
    counts = dict(rows.values_list("month").order_by().annotate(count=Count("pk")))
    bars = {"label": "new people", "data": [counts.get(month, 0) for month in months], "displayYAxis": True}
    bars |= {"backgroundColor": "var(--color-primary-500)", "maxBarThickness": 32, "borderRadius": 4}
    return json.dumps({"labels": [date_format(month, "M y") for month in months], "datasets": [bars]})


def waiting_documents() -> Table:
    waiting = Document.objects.pending().select_related("user").order_by("created_at")[:FIRST]
    rows = [[linked_work("documents", row, row.user), row.type, ago(row.created_at)] for row in waiting]
    return {"headers": ["person", "document", "waits for"], "rows": rows}


def people_by_type() -> Table:
    types: list[Any] = list(UserType.objects.with_counts())
    rows = [[type.name, type.people, type.active, type.verified] for type in types]
    return {"headers": ["type", "people", "active", "with the blue tick"], "rows": rows}


PAGES = [
    Page("People", "Users", "group", "accounts.user", order=100),
    Page("People", "User types", "badge", "accounts.usertype", order=110),
    Page(
        *("People", "Documents", "fact_check", "accounts.document"),
        order=120,
        waiting=documents_waiting,
        tabs=Tabs("status__exact", [("", "All"), *Document.Status.choices]),
    ),
    Page("People", "Sessions", "devices", "accounts.session", order=130),
    Page("People", "Linked logins", "link", "accounts.linkedlogin", order=135),
    Page("People", "Blocks", "block", "accounts.block", order=140),
    Page("People", "Erasures", "person_remove", "accounts.erasure", order=145),
    Page("Operations", "Taxonomies", "category", "accounts.taxonomy", order=910),
]
SENTENCES = [
    Sentence("document.viewed", "looked at {thing}"),
    Sentence("document.approved", "approved {thing}"),
    Sentence("document.rejected", "rejected {thing}"),
    Sentence("session.ended", "ended {thing}"),
    Sentence("user.address_changed", "changed {thing}'s e-mail address"),
    Sentence("user.profile_changed", "changed {thing}'s profile"),
    Sentence("user.password_set", "set another password for {thing}"),
    Sentence("user.mfa_reset", "reset {thing}'s two-step login"),
    Sentence("user.picture_removed", "removed {thing}'s picture"),
    Sentence("user.switched_on", "switched {thing} on"),
    Sentence("user.switched_off", "switched {thing} off"),
    Sentence("user.erasure_cancelled", "kept {thing} from being erased"),
]
CARDS = [
    Card("Documents to review", "accounts.document", documents, order=10),
    Card("People", "accounts.user", people, order=30),
]
PANELS = [
    Panel(
        *("Documents that wait", "accounts.document", "table", waiting_documents),
        order=10,
        permission="accounts.review_document",
    ),
    Panel("New people, month by month", "accounts.user", "chart", joined_by_month, order=30),
    Panel("People by type", "accounts.user", "table", people_by_type, order=40),
]
