"""Telling a whole audience: once each, in few statements, whatever happens in the middle."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ, Schedule

from apps.accounts.models import User
from apps.core.reading.shapes import show_instance
from apps.notifications import jobs, services
from apps.notifications.audiences import AUDIENCES
from apps.notifications.models import FanOut, Notification, NotificationType
from apps.notifications.schemas import Redirect, ResolvedOut
from tests.factories import FanOutFactory, UserFactory
from tests.races import together

REDIRECT = Redirect(kind="profile", id=7, url="/api/v1/users/profile/alice")


@pytest.fixture
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 3)


def everybody_but_the_actor(fan_out: FanOut):
    return User.objects.exclude(pk=fan_out.actor_id)


@pytest.fixture(autouse=True)
def audience(monkeypatch):
    """Sets who is told of this code."""

    def declare(people):
        monkeypatch.setitem(AUDIENCES, "follow_request", people)

    declare(everybody_but_the_actor)
    return declare


def begin(actor: User, key: str = "it") -> None:
    services.start_fan_out(key=key, code="follow_request", actor=actor, redirect=REDIRECT, sender=actor.username)


def begun(actor: User) -> FanOut:
    """A fan-out whose job the worker has not taken."""
    begin(actor)
    OrmQ.objects.all().delete()
    return FanOut.objects.get()


def told() -> list[int]:
    return sorted(Notification.objects.values_list("receiver", flat=True))


@pytest.mark.parametrize("size", [0, 1, 3, 7])
def test_everybody_is_told_once_in_the_words_of_the_type(alice, run_jobs, few_at_a_time, size):
    people = UserFactory.create_batch(size)

    begin(alice)
    run_jobs()
    fan_out = FanOut.objects.get()
    jobs.deliver([fan_out.pk])

    assert told() == [person.pk for person in people]
    for notification in Notification.objects.all():
        assert notification.message == "alice wants to follow you."
        assert (notification.kind.code, notification.actor, notification.is_read) == ("follow_request", alice, False)
        assert show_instance(notification, ResolvedOut)["redirect"] == REDIRECT.model_dump()
    assert fan_out.finished_at is not None


@pytest.mark.parametrize("nobody", [User.objects.none(), User.objects.filter(pk__in=[])])
def test_telling_nobody_is_done_at_once(alice, run_jobs, audience, nobody):
    audience(lambda fan_out: nobody)

    begin(alice)
    run_jobs()

    assert FanOut.objects.get().finished_at is not None
    assert told() == []


def test_a_run_that_was_killed_is_taken_up_where_it_committed(alice, few_at_a_time):
    people = UserFactory.create_batch(7)
    fan_out = begun(alice)

    jobs.deliver_batch(fan_out.pk, everybody_but_the_actor(fan_out))
    assert len(told()) == 3
    jobs.deliver([fan_out.pk])

    assert told() == [person.pk for person in people]


def test_who_leaves_the_audience_in_the_middle_is_not_told(alice, audience, few_at_a_time):
    people = UserFactory.create_batch(5)
    fan_out = begun(alice)
    jobs.deliver_batch(fan_out.pk, everybody_but_the_actor(fan_out))

    audience(lambda fan_out: everybody_but_the_actor(fan_out).exclude(pk=people[4].pk))
    jobs.deliver([fan_out.pk])

    assert told() == [person.pk for person in people[:4]]


def test_the_same_thing_is_noted_once(alice):
    for key in ("it", "it", "something else"):
        begin(alice, key)

    assert list(FanOut.objects.values_list("key", flat=True)) == ["it", "something else"]
    assert OrmQ.objects.count() == 2


def test_a_type_that_is_switched_off_tells_nobody(alice):
    NotificationType.objects.filter(code="follow_request").update(is_active=False)

    begin(alice)

    assert not FanOut.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("size", [2, 40])
def test_its_cost_does_not_grow_with_its_batch(alice, size):
    UserFactory.create_batch(size)
    fan_out = begun(alice)

    with CaptureQueriesContext(connection) as queries:
        jobs.deliver([fan_out.pk])

    statements = [
        query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    # The fan-out, its row locked, INSERT … SELECT, one to show, the logs (three statements on SQLite), the mails, and
    # how far it went.
    assert len(statements) == {"postgresql": 7, "sqlite": 9}[connection.vendor]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_everybody_once(few_at_a_time):
    actor = UserFactory()
    people = UserFactory.create_batch(30)
    fan_out = begun(actor)

    together(*[lambda: jobs.deliver([fan_out.pk])] * 4)

    assert told() == [person.pk for person in people]


# After a crash


@pytest.mark.parametrize(
    ("code", "minutes", "is_finished", "taken_up"),
    [
        ("follow_request", 11, False, True),
        ("follow_request", 9, False, False),
        ("follow_request", 11, True, False),
        ("welcome", 11, False, False),  # nobody declares an audience of it any more
    ],
)
def test_the_schedule_takes_up_what_a_crash_left_half_told(alice, run_jobs, code, minutes, is_finished, taken_up):
    now = timezone.now()
    began_at, finished_at = now - timedelta(minutes=minutes), now if is_finished else None
    FanOutFactory(code=code, created_at=began_at, finished_at=finished_at)
    take_up = import_string(Schedule.objects.get(name="Take up stalled fan-outs").func)

    take_up()
    assert run_jobs() == taken_up
    take_up()
    assert run_jobs() == 0

    assert told() == ([alice.pk] if taken_up else [])


@pytest.mark.parametrize("gone", ["actor", "fan-out"])
def test_a_row_that_is_gone_ends_it(alice, gone):
    fan_out = begun(UserFactory())
    (fan_out.actor if gone == "actor" else fan_out).delete()

    jobs.deliver([fan_out.pk])

    assert told() == []
