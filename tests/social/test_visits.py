"""Visits of profiles, as they are written down and forgotten; what they come to is tests/insights."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from apps.accounts.models import ActiveDay
from apps.core import buffers
from apps.core.buffers import Buffer
from apps.core.declarations import Exported
from apps.core.reading.days import today
from apps.social.models import ProfileVisit, StoryDay
from apps.social.personal import PERSONAL
from apps.social.tasks import prune_days
from tests.accounts.erasing import erase
from tests.client import ApiClient
from tests.factories import ProfileVisitFactory, StoryDayFactory, StoryFactory, StoryViewFactory, UserFactory
from tests.races import together


def test_it_names_who_whom_and_the_day(alice, alice_client):
    bob = UserFactory(username="bob")

    alice_client.get("/users/profile/bob")
    buffers.flush()

    visit = ProfileVisit.objects.get()
    assert (visit.viewer, visit.person, visit.day) == (alice, bob, timezone.now().date())


def test_many_are_written_in_three_statements(db, django_assert_num_queries):
    bob, viewers = UserFactory(), UserFactory.create_batch(20)
    for viewer in viewers:
        ApiClient(viewer).get(f"/users/profile/{bob.username}")

    # Who of them is there still, for visits and for days; and one INSERT each.
    with django_assert_num_queries(4):
        buffers.flush()

    assert ProfileVisit.objects.count() == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_processes_that_write_the_same_at_once_do_no_harm():
    people = [user.pk for user in UserFactory.create_batch(30)]
    pairs = [(person, viewer, today()) for person in people for viewer in people if person != viewer]
    processes = [Buffer(ProfileVisit.objects.note) for _ in range(4)]
    for number, process in enumerate(processes):
        for pair in pairs[:: 1 if number % 2 else -1]:
            process.add(pair)

    together(*(process.flush for process in processes))

    buffers.writer.buffers = [one for one in buffers.writer.buffers if one not in processes]
    assert ProfileVisit.objects.count() == len(pairs)


def test_nothing_is_left_of_somebody_erased(alice, alice_client):
    bob = UserFactory(username="bob")
    ProfileVisitFactory(viewer=alice, person=bob)
    ProfileVisitFactory(viewer=bob, person=alice)
    StoryDayFactory(user=alice)
    others = ProfileVisitFactory(person=bob)
    alice_client.get("/users/profile/bob")  # collected, and not written yet

    erase(alice)
    buffers.flush()

    assert ProfileVisit.objects.get() == others
    assert not StoryDay.objects.exists()
    assert not ActiveDay.objects.filter(user=alice).exists()


def test_the_export_says_whom_they_visited_and_not_who_visited_them(alice):
    ProfileVisitFactory(viewer=alice, person__username="bob")
    ProfileVisitFactory(viewer__username="carol", person=alice)

    [said] = [one for one in PERSONAL if isinstance(one.export, Exported) and one.model is ProfileVisit]

    assert [name for name, _ in said.rows_of(alice.pk).values_list("person__username", "day")] == ["bob"]


def test_they_are_kept_for_400_days(db):
    for make in (ProfileVisitFactory, StoryDayFactory):
        make(day=today() - timedelta(days=400))
        make(day=today() - timedelta(days=401))

    prune_days()

    assert ProfileVisit.objects.get().day == StoryDay.objects.get().day == today() - timedelta(days=400)
    assert Schedule.objects.get(func="apps.social.tasks.prune_days").schedule_type == "D"


@pytest.mark.django_db(transaction=True)
def test_stories_of_one_person_that_go_at_once_are_all_kept_count_of(alice):
    stories = StoryFactory.create_batch(4, user=alice)
    for story in stories:
        StoryViewFactory(story=story)

    together(*(lambda story=story: ApiClient(alice).delete(f"/stories/{story.pk}") for story in stories))

    kept = StoryDay.objects.get()
    assert (kept.stories, kept.views, kept.seen, kept.audience) == (4, 4, 4, 4)
