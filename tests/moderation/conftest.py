from types import SimpleNamespace

import pytest

from apps.core.http import throttling
from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import (
    AttachmentFactory,
    AttendanceFactory,
    BlockFactory,
    ConnectionFactory,
    EventFactory,
    MessageFactory,
    NotificationFactory,
    StaffFactory,
    StoryFactory,
    StoryViewFactory,
    UserFactory,
)


@pytest.fixture
def _throttled(settings):
    settings.THROTTLES = True
    throttling.limiter().storage.reset()


@pytest.fixture
def world(db):
    """Nina leaves; bob and carol are connected to her and to each other, dave asked her, erin blocked her."""
    nina, bob, carol = UserFactory(username="nina", role="brand"), UserFactory(), UserFactory()
    ConnectionFactory(sender=nina, receiver=bob, accepted=True)
    ConnectionFactory(sender=carol, receiver=nina, accepted=True)
    ConnectionFactory(sender=bob, receiver=carol, accepted=True)
    story, bobs_story = StoryFactory(user=nina), StoryFactory(user=bob)
    StoryViewFactory(story=bobs_story, viewer=nina)
    message = MessageFactory(sender=nina, receiver=bob)
    event, secret = EventFactory(host=nina), EventFactory(host=nina, visibility="connections")
    bobs_event = EventFactory(host=bob)
    AttendanceFactory(event=bobs_event, user=nina)
    AttendanceFactory(event=secret, user=bob)
    return SimpleNamespace(
        nina=nina,
        story=story,
        message=message,
        attachment=AttachmentFactory(message=message),
        bobs_story=bobs_story,
        event=event,
        secret=secret,
        bobs_event=bobs_event,
        notification=NotificationFactory(receiver=bob, actor=nina),
        request=ConnectionFactory(sender=nina).pk,
        story_link=ApiClient(bob).get("/stories").json()["data"][0]["content_url"],
        calendar_link=ApiClient(nina).get("/events/calendar").json()["data"]["url"],
        clients={
            "bob": ApiClient(bob),
            "carol": ApiClient(carol),
            "dave": ApiClient(ConnectionFactory(receiver=nina).sender),
            "asked": ApiClient(Connection.objects.get(status="pending", sender=nina).receiver),
            "erin": ApiClient(BlockFactory(blocked=nina).blocker),
            "stranger": ApiClient(UserFactory()),
            "moderator": ApiClient(StaffFactory()),
            "visitor": ApiClient(),
        },
        bob=bob,
        carol=carol,
    )
