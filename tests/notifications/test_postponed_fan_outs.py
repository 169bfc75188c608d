"""Changes of one object: the first is told at once, those of the hour after it together at its end."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

from apps.accounts.models import User
from apps.notifications import tasks
from apps.notifications.audiences import AUDIENCES
from apps.notifications.jobs import deliver, deliver_batch
from apps.notifications.models import FanOut, Notification, NotificationType
from apps.notifications.schemas import Redirect
from apps.notifications.services import start_or_postpone_fan_out
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def person(alice, monkeypatch):
    """Who is told of it."""
    monkeypatch.setitem(AUDIENCES, "follow_request", lambda fan_out: User.objects.filter(pk=alice.pk))
    return alice


@pytest.fixture
def change(db):
    """Something about an object, which is one of two, is new; in these words."""
    numbers = iter(range(1000))

    def announce(words="somebody", object_id=7):
        redirect = Redirect(kind="profile", id=object_id, url="/api/v1/users/profile/somebody")
        key = f"changed:{next(numbers)}"
        start_or_postpone_fan_out(key=key, code="follow_request", actor=None, redirect=redirect, sender=words)

    return announce


@pytest.fixture
def work(run_jobs):
    """The schedule comes by, then the worker."""

    def take_up_and_work():
        tasks.take_up_fan_outs()
        return run_jobs()

    return take_up_and_work


def minutes_later(minutes):
    """All that happened lies that much longer ago."""
    gone = timedelta(minutes=minutes)
    moments = ("created_at", "postponed_until", "taken_up_at")
    FanOut.objects.update(**{name: F(name) - gone for name in moments})


def told():
    return [row.message.split()[0] for row in Notification.objects.order_by("pk")]


@pytest.mark.parametrize("more", [0, 1, 5])
def test_the_first_is_told_at_once_and_the_others_once_at_the_hour_s_end(change, work, run_jobs, more):
    change("first")
    run_jobs()
    assert told() == ["first"]

    minutes_later(30)
    for number in range(more):
        change(f"change{number}")
    work()
    minutes_later(29)
    work()
    assert told() == ["first"]

    minutes_later(1)
    for _ in range(3):
        work()
    assert told() == ["first", f"change{more - 1}"][: 1 + min(more, 1)]
    assert not FanOut.objects.unfinished().exists()


def test_after_the_hour_a_change_is_a_first_one_again(change, work):
    change("first")
    change("second")
    work()
    minutes_later(60)
    work()

    minutes_later(1)
    change("third")
    work()
    assert told() == ["first", "second", "third"]

    change("fourth")
    work()
    assert told() == ["first", "second", "third"]
    minutes_later(60)
    work()
    assert told() == ["first", "second", "third", "fourth"]


def test_each_object_has_its_own_hour(change, run_jobs):
    change("this", object_id=7)
    change("that", object_id=8)

    run_jobs()

    assert told() == ["this", "that"]


def test_what_the_worker_has_not_begun_to_tell_takes_a_later_change_along(change, work, run_jobs):
    change("first")
    change("second")
    run_jobs()
    minutes_later(90)

    change("third")
    work()

    assert told() == ["first", "third"]


def test_what_the_worker_is_telling_takes_no_later_change_along(person, change, work, run_jobs, monkeypatch):
    monkeypatch.setattr("apps.notifications.jobs.BATCH", 1)
    monkeypatch.setitem(AUDIENCES, "follow_request", lambda fan_out: User.objects.all())
    UserFactory()
    change("first")
    change("second")
    run_jobs()
    minutes_later(60)
    deliver_batch(FanOut.objects.latest("pk").pk, User.objects.all())

    change("third")
    work()

    assert sorted(told()) == sorted(["first", "second", "third"] * 2)


def test_a_type_that_is_switched_off_tells_nobody_and_starts_no_hour(change, run_jobs):
    NotificationType.objects.filter(code="follow_request").update(is_active=False)
    change("unheard")
    NotificationType.objects.filter(code="follow_request").update(is_active=True)

    change("heard")
    run_jobs()

    assert told() == ["heard"]


def test_one_job_is_queued_however_often_the_schedule_comes_by(change, run_jobs):
    change()
    change()
    run_jobs()
    minutes_later(60)

    for _ in range(5):
        tasks.take_up_fan_outs()
        minutes_later(1)

    assert OrmQ.objects.count() == 1


def test_a_worker_that_was_killed_loses_nothing(change, work, run_jobs):
    change("first")
    change("second")
    run_jobs()
    minutes_later(60)
    tasks.take_up_fan_outs()
    OrmQ.objects.all().delete()

    minutes_later(9)
    work()
    assert told() == ["first"]
    minutes_later(2)
    work()

    assert told() == ["first", "second"]


def test_a_job_that_runs_again_tells_nobody_twice(change, work, run_jobs):
    change("first")
    change("second")
    run_jobs()
    minutes_later(60)
    work()

    deliver(FanOut.objects.values_list("pk", flat=True))

    assert told() == ["first", "second"]


def test_a_fan_out_that_was_never_postponed_is_told_with_its_hour(change, run_jobs):
    """Rows from before there was such a thing, and those that a former release writes meanwhile."""
    change("first")
    run_jobs()

    first = FanOut.objects.get()

    assert (first.postponed_until, first.taken_up_at) == (None, None)
    change("second")
    assert FanOut.objects.latest("pk").postponed_until - first.created_at == timedelta(hours=1)
    assert FanOut.objects.latest("pk").postponed_until > timezone.now()
