"""The network in the console."""

from django.db.models import Count

from apps.accounts.models import User
from apps.core.declarations import Capability, Card, Figure, Page, Sentence
from apps.social.models import Connection, Story


def stories(viewer: User) -> Figure:
    return Figure(Story.objects.live().count(), "of the last 24 hours")


def connections(viewer: User) -> Figure:
    counts = dict(Connection.objects.values_list("status").annotate(count=Count("pk")).order_by())
    pending = counts.get(Connection.Status.PENDING, 0)
    return Figure(counts.get(Connection.Status.ACCEPTED, 0), f"and {pending} unanswered requests")


PAGES = [
    Page("Network", "Connections", "handshake", "social.connection", order=200),
    Page("Network", "Stories", "amp_stories", "social.story", order=210),
]
SENTENCES = [
    Sentence("story.viewed", "looked at {thing}"),
    Sentence("story.taken_down", "took down {thing}"),
    Sentence("story.restored", "restored {thing}"),
]
CARDS = [
    Card("Connections", "social.connection", connections, order=40),
    Card("Stories", "social.story", stories, order=50),
]
CAPABILITIES = [
    Capability(
        *("see-network", "See connections and stories", "Network", ["social.view_connection", "social.view_story"]),
        order=200,
    ),
    Capability("take-down-stories", "Take down stories", "Network", ["social.moderate_story"], order=210),
]
