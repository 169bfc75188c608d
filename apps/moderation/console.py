"""Moderation in the console."""

from django.db.models import Count, Min

from apps.accounts.models import User
from apps.core.console import since
from apps.core.declarations import Capability, Card, Figure, Page, Sentence
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Report


def reports_waiting(viewer: User) -> int:
    return Report.objects.visible_to(Viewer.of(viewer)).open().count()


def reports(viewer: User) -> Figure:
    waiting = Report.objects.visible_to(Viewer.of(viewer)).open().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Figure(waiting["count"], since(waiting["oldest"]))


PAGES = [Page("Moderation", "Reports", "flag", "moderation.report", order=500, waiting=reports_waiting)]
SENTENCES = [
    Sentence("report.viewed", "read a report about {person}"),
    Sentence("report.file_viewed", "looked at a file in a report about {person}"),
]
CARDS = [Card("Open reports", "moderation.report", reports, order=20)]
CAPABILITIES = [
    Capability(
        *("work-on-reports", "Work on reports", "Moderation", ["moderation.moderate_report"]),
        order=500,
        help="With copies of what was reported, messages too.",
    ),
]
