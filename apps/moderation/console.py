"""Moderation in the console."""

from django.db.models import Count, Min

from apps.accounts.models import User
from apps.core.console import since
from apps.core.declarations import Card, Figure, Page, Tabs
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Appeal, Case


def cases_waiting(viewer: User) -> int:
    return Case.objects.visible_to(Viewer.of(viewer)).open().count()


def appeals_waiting(viewer: User) -> int:
    """For them: not those of their own decisions."""
    return Appeal.objects.decidable_by(Viewer.of(viewer)).count()


def cases(viewer: User) -> Figure:
    waiting = Case.objects.visible_to(Viewer.of(viewer)).open().aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Figure(waiting["count"], since(waiting["oldest"]))


PAGES = [
    Page(
        *("Moderation", "Cases", "flag", "moderation.case"),
        order=500,
        waiting=cases_waiting,
        tabs=Tabs("status__exact", [("", "All"), *Case.Status.choices]),
    ),
    Page(
        *("Moderation", "Appeals", "balance", "moderation.appeal"),
        order=510,
        waiting=appeals_waiting,
        tabs=Tabs("status__exact", [("", "All"), *Appeal.Status.choices]),
    ),
]
CARDS = [Card("Open cases", "moderation.case", cases, order=20)]
