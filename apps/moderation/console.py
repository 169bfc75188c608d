"""Moderation in the console."""

from django.db.models import Count, Min

from apps.accounts.models import User
from apps.core.console import since
from apps.core.declarations import Capability, Card, Figure, Page, Sentence, Tabs
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Appeal, Case


def cases(viewer: User) -> Figure:
    waiting = Case.objects.visible_to(Viewer.of(viewer)).open().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Figure(waiting["count"], since(waiting["oldest"]))


PAGES = [
    Page(
        *("Moderation", "Cases", "flag", "moderation.case"),
        order=500,
        tabs=Tabs("status__exact", [("", "All"), *Case.Status.choices]),
    ),
    Page(
        *("Moderation", "Appeals", "balance", "moderation.appeal"),
        order=510,
        tabs=Tabs("status__exact", [("", "All"), *Appeal.Status.choices]),
    ),
]
SENTENCES = [
    Sentence("case.viewed", "read {thing}"),
    Sentence("case.file_viewed", "looked at a file of a case about {person}"),
    Sentence("case.none", "dismissed {thing}"),
    Sentence("case.warned", "warned {person}"),
    Sentence("case.removed", "decided {thing}: taken down"),
    Sentence("case.suspended", "decided {thing}: suspended"),
    Sentence("case.banned", "decided {thing}: banned"),
    Sentence("report.viewed", "read a report about {person}"),  # before there were cases
    Sentence("report.file_viewed", "looked at a file in a report about {person}"),
    Sentence("appeal.upheld", "rejected {thing}"),
    Sentence("appeal.overturned", "took back what {person} appealed against"),
]
CARDS = [Card("Open cases", "moderation.case", cases, order=20)]
CAPABILITIES = [
    Capability(
        *("work-on-reports", "Work on cases", "Moderation", ["moderation.moderate_report"]),
        order=500,
        help="With copies of what was reported, messages too.",
    ),
    Capability(
        *("suspend-for-long", "Suspend people for more than a week, and for good", "Moderation"),
        ["moderation.suspend_long"],
        order=510,
        is_dangerous=True,
    ),
]
