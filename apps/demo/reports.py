"""What some people thought was wrong, with a copy of it, as the product itself makes one."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from apps.accounts.models import User
from apps.core.http.errors import NotFound
from apps.demo.world import World
from apps.events.models import Attendance
from apps.messaging.models import Message
from apps.moderation.models import Report
from apps.moderation.schemas import ReportIn
from apps.moderation.services import report
from apps.social.models import StoryView

Target = Report.Target

NEWEST = 1000
"""Among so many things they are found."""
COMPLAINTS = {
    Target.STORY: [
        ("spam", "This is an advertisement, and does not say so."),
        ("inappropriate", "There is somebody else's work in this picture, without their name."),
        ("other", "Posted the third time this week."),
    ],
    Target.USER: [
        ("fake", "The pictures are not theirs: I know the person they belong to."),
        ("spam", "Asks everybody to connect, and sends a price list the same day."),
        ("fake", "They never worked with the brands they name."),
    ],
    Target.EVENT: [
        ("other", "That place has been closed since spring."),
        ("spam", "The same event again and again, each time under another name."),
        ("inappropriate", "It cost money at the door, which nobody had been told."),
    ],
    Target.MESSAGE: [
        ("abuse", "I have asked twice not to be written to about this."),
        ("spam", "I never asked for this offer."),
        ("abuse", ""),
    ],
}


class Seen(NamedTuple):
    """What somebody has come across, and since when it is there."""

    by: User
    target_id: int
    since: datetime


def complain(world: World) -> None:
    for kind, complaints in COMPLAINTS.items():
        seen = SEEN[kind](world)
        for reason, details in complaints:
            one_reports(world, kind, reason, details, seen)


def one_reports(world: World, kind: Target, reason: str, details: str, seen: Iterator[Seen]) -> None:
    """The next one who can: what is blocked or switched off cannot be reported."""
    for by, target_id, since in seen:
        form = ReportIn(target_type=kind, target_id=target_id, reason=reason, details=details)
        with suppress(NotFound):
            made = report(reporter=by, form=form)
            made.created_at = world.between(max(since, world.ago(3, 3)), world.now)
            made.save(update_fields=["created_at"])
            return


def stories(world: World) -> Iterator[Seen]:
    views = StoryView.objects.select_related("viewer").order_by("-pk")[:NEWEST]
    for view in world.some(list(views), NEWEST):
        yield Seen(view.viewer, view.story_id, view.created_at)


def people(world: World) -> Iterator[Seen]:
    some = [person.user for person in world.some(world.members, NEWEST)]
    for by, other in pairwise(some):
        yield Seen(by, other.pk, max(by.date_joined, other.date_joined))


def events(world: World) -> Iterator[Seen]:
    rows = Attendance.objects.select_related("user", "event").order_by("-pk")[:NEWEST]
    for row in world.some(list(rows), NEWEST):
        yield Seen(row.user, row.event_id, row.event.created_at)


def messages(world: World) -> Iterator[Seen]:
    rows = Message.objects.select_related("receiver").order_by("-pk")[:NEWEST]
    for row in world.some(list(rows), NEWEST):
        yield Seen(row.receiver, row.pk, row.timestamp)


SEEN: dict[Target, Callable[[World], Iterator[Seen]]] = {
    Target.STORY: stories,
    Target.USER: people,
    Target.EVENT: events,
    Target.MESSAGE: messages,
}
