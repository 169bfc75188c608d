"""Lists that are answered straight from columns have the shape that is declared for them, nothing more or less."""

from typing import Any

import pytest
from pydantic import BaseModel

from apps.core.http.schemas import Log, Page
from apps.events.models import Attendance
from apps.events.schemas import AttendeeOut, EventOut
from apps.messaging.schemas import MessageOut
from apps.notifications.schemas import NotificationLog
from apps.social.models import Connection
from apps.social.schemas import ConnectionOut, FeedStoryOut, ViewerOut
from tests.factories import (
    AttachmentFactory,
    AttendanceFactory,
    ConnectionFactory,
    EventFactory,
    MessageFactory,
    NotificationFactory,
    StoryFactory,
    StoryViewFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def numbers(alice):
    """Of Bob, who has a picture and is in every list of Alice's, and of what she has herself."""
    bob = UserFactory(username="bob", profile__avatar="avatars/bob.png", is_verified=True)
    ConnectionFactory(sender=bob, receiver=alice, status=Connection.Status.ACCEPTED)
    StoryFactory(user=bob)
    AttendanceFactory(event=EventFactory(host=bob), user=alice, status=Attendance.Status.GOING)
    message = MessageFactory(sender=bob, receiver=alice)
    AttachmentFactory(message=message)
    AttachmentFactory(message=message, file="", link="https://example.com/", name="", content_type="", size=None)
    NotificationFactory(receiver=alice, actor=bob)
    NotificationFactory(receiver=alice, actor=None)
    own = {"story": StoryViewFactory(story__user=alice, viewer=bob).story_id}
    own["event"] = AttendanceFactory(event=EventFactory(host=alice), user=bob).event_id
    return {"bob": bob.pk, **own}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/connections", Page[ConnectionOut]),
        ("/stories", Page[FeedStoryOut]),
        ("/events", Page[EventOut]),
        ("/notifications", NotificationLog),
        ("/stories/{story}/viewers", Page[ViewerOut]),
        ("/events/{event}/attendees", Page[AttendeeOut]),
        ("/chat", Log[MessageOut]),
        ("/chat?user_id={bob}", Log[MessageOut]),
    ],
)
def test_it_reads_back_through_its_shape(alice_client, numbers, path, shape: type[BaseModel]):
    answer: Any = alice_client.get(path.format(**numbers)).json()

    read = shape.model_validate(answer, by_name=True, by_alias=False)

    assert answer["data"]
    assert read.model_dump(mode="json") == answer
