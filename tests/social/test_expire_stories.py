from io import StringIO

import pytest
from django.core.management import call_command
from django_q.models import Schedule

from apps.social.models import Story, StoryView
from apps.social.services.stories import expire_stories
from apps.social.tasks import expire_stories as scheduled
from tests.factories import StoryFactory, StoryViewFactory
from tests.races import together


@pytest.fixture
def expire(django_capture_on_commit_callbacks):
    def expire():
        with django_capture_on_commit_callbacks(execute=True):
            return expire_stories()

    return expire


def test_row_views_and_file_go(db, expire, stored_files):
    StoryViewFactory(story__expired=True)
    alive = StoryViewFactory()

    removed = expire()

    assert removed == 1
    assert Story.objects.get() == alive.story
    assert StoryView.objects.get() == alive
    assert [str(path) for path in stored_files()] == [alive.story.media.path]


def test_an_inactive_persons_stories_go_as_well(db, expire, stored_files):
    StoryFactory(expired=True, user__is_active=False)

    assert expire() == 1
    assert stored_files() == []


def test_twice_is_harmless(db, expire):
    StoryFactory.create_batch(3, expired=True)

    assert (expire(), expire()) == (3, 0)


def test_a_file_that_is_gone_already_is_no_obstacle(db, expire, stored_files):
    StoryFactory.create_batch(2, expired=True)
    stored_files()[0].unlink()

    assert expire() == 2
    assert stored_files() == []


def test_the_command_does_it_too(db):
    StoryFactory(expired=True)
    said = [StringIO(), StringIO()]

    for output in said:
        call_command("expire_stories", stdout=output)

    assert [output.getvalue() for output in said] == ["removed 1 stories\n", "removed 0 stories\n"]
    assert not Story.objects.exists()


def test_the_schedule_starts_it(db):
    StoryFactory(expired=True)

    scheduled()

    schedule = Schedule.objects.get(func="apps.social.tasks.expire_stories")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 5)
    assert not Story.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_remove_each_story_once(stored_files):
    StoryViewFactory.create_batch(10, story__expired=True)

    removed = together(expire_stories, expire_stories)

    assert sum(removed) == 10
    assert not Story.objects.exists()
    assert stored_files() == []
