"""Every compiled read answers as its plain queryset does, whatever it is asked."""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone
from pydantic import BaseModel

from apps.accounts.models import Block, Session, User
from apps.accounts.schemas import OwnProfileOut
from apps.accounts.services.sessions import open_session
from apps.core.http.clients import Client
from apps.core.reading.compiled import CompiledQuery, Rows, compiled_queries
from apps.core.reading.shapes import show
from apps.core.reading.viewer import NOBODY, Viewer
from apps.events.models import Attendance, Event, Period
from apps.events.schemas import AttendeeOut, EventOut
from apps.messaging.models import Conversation
from apps.messaging.schemas import ConversationOut, MessageOut
from apps.notifications.models import Notification, NotificationType
from apps.notifications.schemas import NotificationOut
from apps.social.models import Story
from apps.social.schemas import ConnectionOut, FeedStoryOut, PublicProfileOut, ViewerOut
from tests.factories import (
    AttachmentFactory,
    AttendanceFactory,
    ConnectionFactory,
    EventFactory,
    MessageFactory,
    NotificationFactory,
    PreferencesFactory,
    StoryFactory,
    StoryViewFactory,
    TypePreferenceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TRIED = 50 if "SOAK" in os.environ else 6
"""Combinations of arguments for each query."""

SHAPES: dict[str, type[BaseModel]] = {
    "attendee_list": AttendeeOut,
    "connection_list": ConnectionOut,
    "conversation_list": ConversationOut,
    "event_list": EventOut,
    "notification_log": NotificationOut,
    "pair_log": MessageOut,
    "person": OwnProfileOut,
    "room_log": MessageOut,
    "story_feed": FeedStoryOut,
    "viewer_list": ViewerOut,
    "visible_event": EventOut,
    "visible_person_called": PublicProfileOut,
    "written_event": EventOut,
}
"""What their rows are shown as; the others are read as objects, or as the columns they name."""

MAKES_SENSE: dict[str, Callable[[Sequence[Any]], bool]] = {
    "event_list": lambda arguments: (arguments[1] == Period.ALL) == (arguments[2] is None),
}
"""Which of its arguments go together, where they do not all."""

QUERIES = {query.build.__name__: query for query in compiled_queries if query.build.__module__.startswith("apps.")}


@pytest.fixture
def people() -> list[User]:
    """In every relation to each other, with something of everything between them."""
    alice = UserFactory(username="alice", role="brand", profile__avatar="avatars/a.webp", email="alice@example.com")
    bob, carol, dora = (UserFactory(username=name, role="influencer") for name in ("bob", "carol", "dora"))
    boss = UserFactory(username="boss", is_superuser=True, is_staff=True)
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    ConnectionFactory(sender=carol, receiver=alice)
    Block.objects.create(blocker=dora, blocked=alice)
    for host, visibility in product((alice, bob, dora), Event.Visibility):
        event = EventFactory(host=host, title="50% a_b\\ Gala", visibility=visibility, capacity=2)
        AttendanceFactory(event=event, user=carol, status=Attendance.Status.GOING)
    StoryViewFactory(story=StoryFactory(user=bob), viewer=alice)
    for sender, receiver in combinations((boss, dora, carol, bob, alice), 2):
        AttachmentFactory(message=MessageFactory(sender=sender, receiver=receiver))
    for person in (alice, bob):
        open_session(user=person, client=Client("192.0.2.1", ""))
    for actor in (bob, dora, None):
        NotificationFactory(receiver=alice, actor=actor)
    NotificationFactory(receiver=bob)
    PreferencesFactory(user=bob, enable_in_app=False)
    TypePreferenceFactory(user=carol, code="welcome")
    return [alice, bob, carol, dora, boss]


def usual(name: str, annotation: Any, people: list[User]) -> list[Any]:
    """What an argument called so is in the product."""
    now = timezone.now()
    by_name: dict[str, QuerySet[Any, Any]] = {
        "room_id": Conversation.objects.values_list("pk", flat=True),
        "event_id": Event.objects.values_list("pk", flat=True),
        "story_id": Story.objects.values_list("pk", flat=True),
        "session_id": Session.objects.values_list("pk", flat=True),
        "redirect_id": Notification.objects.values_list("redirect_id", flat=True),
        "code": NotificationType.objects.filter(notifications__isnull=False).values_list("code", flat=True),
        "username": User.objects.values_list("username", flat=True),
        "type_id": User.objects.values_list("user_type", flat=True),
    }
    by_type: dict[Any, list[Any]] = {
        bool: [True, False],
        int: [person.pk for person in people],
        str: ["gala", "50%", "a_b", "event"],
        datetime: [now, now - timedelta(days=1)],
        Viewer: list(map(Viewer.of, people)),
    }
    if choices := get_args(annotation):
        values = [value for choice in choices if choice is not NoneType for value in usual(name, choice, people)]
        return values + [None] * len(values)
    if name in by_name:
        return list(by_name[name])
    return by_type[annotation] if annotation in by_type else list(annotation)


def extreme(annotation: Any) -> list[Any]:
    by_type: dict[Any, list[Any]] = {
        int: [0, 2**15, 2**31, 2**63 - 1],
        str: ["", "%", "\\", "'", "x" * 300],
        datetime: [datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)],
        Viewer: [NOBODY, Viewer(0, 0, False)],
    }
    return [value for choice in get_args(annotation) or (annotation,) for value in by_type.get(choice, [])]


def tried(query: CompiledQuery[Any], people: list[User]) -> Iterator[tuple[Any, ...]]:
    """Usual arguments, and each of the extreme ones among usual ones."""
    hints = get_type_hints(query.build)
    choices = [usual(name, hints[name], people) for name in query.names]
    chance = random.Random(query.build.__name__)
    yield tuple(None if None in values else values[0] for values in choices)
    for _ in range(TRIED):
        yield tuple(map(chance.choice, choices))
    for position, name in enumerate(query.names):
        for value in extreme(hints[name]):
            usual_ones = map(chance.choice, choices)
            yield tuple(value if number == position else one for number, one in enumerate(usual_ones))


def told(row: Any, depth: int = 2) -> Any:
    """All that was read of it."""
    if not isinstance(row, Model):
        return row
    columns = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    related = row._state.fields_cache if depth else {}
    return type(row), columns, {name: told(one, depth - 1) for name, one in related.items()}


def answers(name: str, arguments: tuple[Any, ...]) -> list[Any]:
    rows = Rows(QUERIES[name], arguments)
    viewer = next((one for one in arguments if isinstance(one, Viewer)), NOBODY)
    source: Any = show(rows, SHAPES[name], viewer) if name in SHAPES else rows
    parts = (slice(0, 2), slice(1, 3), slice(100, 120))
    try:
        return [source.count(), list(map(told, source)), *(list(map(told, source[part])) for part in parts)]
    except ValueError as error:  # what Django refuses
        return [0, type(error)]


def test_compiled_and_plain_are_the_same(people, monkeypatch, each):
    monkeypatch.setattr(time, "time", lambda: 2e9)  # or links would be signed at two times
    for name, query in sorted(QUERIES.items()):
        with each(name):
            found = 0
            for arguments in filter(MAKES_SENSE.get(name), tried(query, people)):
                monkeypatch.setattr(settings, "COMPILED_QUERIES", True)
                compiled = answers(name, arguments)
                monkeypatch.setattr(settings, "COMPILED_QUERIES", False)

                assert compiled == answers(name, arguments), arguments
                found += compiled[0]
            assert found, "no arguments found anything: the comparison says nothing"


def test_every_shape_belongs_to_a_query():
    assert SHAPES.keys() <= QUERIES.keys()
