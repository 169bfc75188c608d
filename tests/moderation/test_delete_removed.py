"""What was taken down is deleted after a week, unless somebody waits for an answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import RemovedProfile
from apps.events.models import Event
from apps.messaging.models import Message
from apps.moderation.services import appeal
from apps.moderation.tasks import delete_removed
from apps.social.models import Story
from apps.social.services.stories import expire_stories
from tests.client import ApiClient, image_file
from tests.factories import AttachmentFactory, ConnectionFactory, EventFactory, MessageFactory, StoryFactory
from tests.moderation.people import decide, report

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
MODELS = {"story": Story, "event": Event, "message": Message, "user": RemovedProfile}


@pytest.fixture
def bob(alice):
    return ConnectionFactory(sender=alice, receiver__username="bob", accepted=True).receiver


def removed(alice, bob, kind: str):
    """The case of what was taken down."""
    if kind == "user":
        ApiClient(bob).put("/users/profile/avatar", form={"file": image_file()})
    row = {
        "story": lambda: StoryFactory(user=bob),
        "event": lambda: EventFactory(host=bob, covered=True),
        "message": lambda: AttachmentFactory(message__sender=bob, message__receiver=alice).message,
        "user": lambda: bob,
    }[kind]()
    return decide(report(alice, row).case, "remove")


def pass_time(kind: str, time: timedelta) -> None:
    MODELS[kind].objects.update(removed_at=timezone.now() - time)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("time", [WEEK - HOUR, WEEK + HOUR])
def test_after_a_week_it_goes_with_its_files(alice, bob, kind, time, stored_files, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        removed(alice, bob, kind)
    pass_time(kind, time)

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            delete_removed()

    is_there = time < WEEK
    assert MODELS[kind].objects.exists() == is_there
    folders = {"story": "stories", "event": "covers", "message": "attachments", "user": "removed"}
    assert (folders[kind] in {path.parent.name for path in stored_files()}) == is_there


@pytest.mark.parametrize("kind", MODELS)
def test_an_open_appeal_keeps_it(alice, bob, kind):
    case = removed(alice, bob, kind)
    pass_time(kind, WEEK + HOUR)
    appeal(case=case, person=bob, text="It was not me.")

    delete_removed()

    assert MODELS[kind].objects.exists()


def test_a_story_taken_down_outlasts_its_day(alice, bob):
    removed(alice, bob, "story")
    Story.objects.update(expires_at=timezone.now() - HOUR)

    expire_stories()

    assert Story.objects.exists()


def test_what_is_there_stays(alice, bob):
    StoryFactory(user=bob), EventFactory(host=bob), MessageFactory(sender=bob, receiver=alice)

    delete_removed()

    assert (Story.objects.count(), Event.objects.count(), Message.objects.count()) == (1, 1, 1)
