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
from apps.core.declarations import Capability, Card, Figure, Page, Panel, Sentence, Tabs
from apps.core.reading.viewer import Viewer

MONTHS = range(11, -1, -1)


def people(viewer: User) -> Figure:
    return Figure(User.objects.active().in_reach_of(Viewer.of(viewer)).count(), "active accounts")


def documents(viewer: User) -> Figure:
    pending = Document.objects.pending().in_reach_of(Viewer.of(viewer))
    waiting = pending.aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Figure(waiting["count"], since(waiting["oldest"]))


def joined_by_month(viewer: User) -> str:
    """As unfold's charts take it: this month and those before it, one year."""
    now = timezone.now()
    months = [datetime(now.year - (ago >= now.month), (now.month - ago - 1) % 12 + 1, 1, tzinfo=UTC) for ago in MONTHS]
    joined = User.objects.in_reach_of(Viewer.of(viewer)).filter(date_joined__gte=months[0])
    rows = joined.annotate(month=TruncMonth("date_joined", tzinfo=UTC))
    counts = dict(rows.values_list("month").order_by().annotate(count=Count("pk")))
    bars = {"label": "new people", "data": [counts.get(month, 0) for month in months], "displayYAxis": True}
    bars |= {"backgroundColor": "var(--color-primary-500)", "maxBarThickness": 32, "borderRadius": 4}
    return json.dumps({"labels": [date_format(month, "M y") for month in months], "datasets": [bars]})


def waiting_documents(viewer: User) -> Table:
    waiting = Document.objects.pending().to_review_by(Viewer.of(viewer)).select_related("user").order_by("created_at")
    rows = [[linked_work("documents", row, row.user), row.type, ago(row.created_at)] for row in waiting[:FIRST]]
    return {"headers": ["person", "document", "waits for"], "rows": rows}


def people_by_type(viewer: User) -> Table:
    types: list[Any] = list(UserType.objects.with_counts().in_reach_of(Viewer.of(viewer)))
    rows = [[type.name, type.people, type.active, type.verified] for type in types]
    return {"headers": ["type", "people", "active", "with the blue tick"], "rows": rows}


PAGES = [
    Page("People", "Users", "group", "accounts.user", order=100),
    Page("People", "User types", "badge", "accounts.usertype", order=110),
    Page(
        *("People", "Documents", "fact_check", "accounts.document"),
        order=120,
        tabs=Tabs("status__exact", [("", "All"), *Document.Status.choices]),
    ),
    Page("People", "Sessions", "devices", "accounts.session", order=130),
    Page("People", "Linked logins", "link", "accounts.linkedlogin", order=135),
    Page("People", "Blocks", "block", "accounts.block", order=140),
    Page("People", "Erasures", "person_remove", "accounts.erasure", order=145),
    Page("Operations", "Taxonomies", "category", "accounts.taxonomy", order=910),
    Page("Operations", "Groups", "shield_person", "accounts.staffrole", order=920),
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
    Sentence("user.groups_changed", "changed the groups of {thing}"),
    Sentence("user.suspended", "suspended {thing}"),
    Sentence("user.banned", "banned {thing}"),
    Sentence("user.suspension_ended", "ended the suspension of {thing}"),
    Sentence("user.profile_removed", "took down picture and texts of {thing}"),
    Sentence("user.profile_restored", "restored picture and texts of {thing}"),
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
CAPABILITIES = [
    Capability(
        *("see-people", "See people", "People", ["accounts.view_user", "accounts.view_profile"]),
        order=10,
        help="Their accounts and profiles, addresses and telephone numbers included.",
    ),
    Capability(
        *("edit-people", "Edit people", "People"),
        ["accounts.add_user", "accounts.change_user", "accounts.change_profile"],
        order=20,
        help="Make accounts, change names, addresses and passwords, and switch accounts off.",
        is_dangerous=True,
    ),
    Capability(
        *("suspend-people", "Suspend people, for up to a week", "People", ["accounts.suspend_user"]),
        order=25,
        help="They are signed out and hidden until then.",
        is_dangerous=True,
    ),
    Capability(
        *("take-down-profiles", "Take down people's pictures and texts", "People", ["accounts.moderate_user"]),
        order=28,
    ),
    Capability("remove-pictures", "Remove the pictures of people", "People", ["accounts.remove_picture"], order=30),
    Capability(
        *("see-documents", "See the list of documents", "People", ["accounts.view_document"]),
        order=40,
        help="Whose they are and how they stand, not what is in them.",
    ),
    Capability(
        *("decide-documents", "Open and decide documents", "People", ["accounts.review_document"]),
        order=50,
        help="See identity cards and the like, and give the blue tick.",
        is_dangerous=True,
    ),
    Capability(
        *("see-sessions", "See sessions, linked logins and blocks", "People"),
        ["accounts.view_session", "accounts.view_linkedlogin", "accounts.view_block"],
        order=60,
    ),
    Capability("end-sessions", "End sessions", "People", ["accounts.end_session"], order=70),
    Capability(
        *("reset-codes", "Reset two-step login", "People", ["accounts.reset_mfa"]),
        order=80,
        help="Their password alone then opens the account.",
        is_dangerous=True,
    ),
    Capability("see-erasures", "See who asked to be erased", "People", ["accounts.view_erasure"], order=90),
    Capability("cancel-erasures", "Cancel erasures", "People", ["accounts.change_erasure"], order=100),
    Capability(
        *("see-groups", "See groups and user types", "Groups", ["accounts.view_staffrole", "accounts.view_usertype"]),
        order=700,
    ),
    Capability(
        *("give-groups", "Give groups to staff, and take them", "Groups", ["accounts.assign_staffrole"]),
        order=710,
        help="Never more than one may do oneself.",
        is_dangerous=True,
    ),
    Capability(
        *("change-groups", "Change what groups may", "Groups"),
        ["accounts.add_staffrole", "accounts.change_staffrole", "accounts.delete_staffrole"],
        order=720,
        help="Never more than one may do oneself.",
        is_dangerous=True,
    ),
    Capability(
        *("change-types", "Change user types, and what their people may", "Groups"),
        ["accounts.add_usertype", "accounts.change_usertype", "accounts.delete_usertype"],
        order=730,
        help="It touches everybody of the type at once.",
        is_dangerous=True,
    ),
    Capability("see-taxonomies", "See taxonomies", "Operations", ["accounts.view_taxonomy"], order=800),
    Capability(
        *("edit-taxonomies", "Edit taxonomies", "Operations", ["accounts.add_taxonomy", "accounts.change_taxonomy"]),
        order=810,
    ),
]
