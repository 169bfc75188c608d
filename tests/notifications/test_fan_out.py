"""Telling a whole audience: once each, in few statements, whatever happens in the middle."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.notifications import services
from apps.notifications.models import FanOut, Notification, NotificationType
from apps.notifications.schemas import Redirect
from tests.factories import UserFactory
from tests.races import together

REDIRECT = Redirect(kind="profile", id=7, url="/api/v1/users/profile/alice")


@pytest.fixture
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(services, "BATCH", 3)


def begin(actor: User, key: str = "it") -> FanOut | None:
    return services.start_fan_out(key=key, code="follow_request", actor=actor, redirect=REDIRECT, sender=actor.username)


def everybody_but(actor: User):
    return User.objects.exclude(pk=actor.pk)


def told() -> list[int]:
    return sorted(Notification.objects.values_list("receiver", flat=True))


@pytest.mark.parametrize("size", [0, 1, 3, 7])
def test_everybody_is_told_once_in_the_words_of_the_type(alice, few_at_a_time, size):
    people = UserFactory.create_batch(size)

    fan_out = begin(alice)
    services.deliver(fan_out=fan_out, audience=everybody_but(alice))
    services.deliver(fan_out=fan_out, audience=everybody_but(alice))

    assert told() == [person.pk for person in people]
    for notification in Notification.objects.all():
        assert notification.message == "alice wants to follow you."
        assert (notification.kind.code, notification.actor, notification.is_read) == ("follow_request", alice, False)
        assert notification.redirect == REDIRECT.model_dump()
    fan_out.refresh_from_db()
    assert fan_out.finished_at is not None


@pytest.mark.parametrize("nobody", [User.objects.none(), User.objects.filter(pk__in=[])])
def test_telling_nobody_is_done_at_once(alice, nobody):
    fan_out = begin(alice)

    services.deliver(fan_out=fan_out, audience=nobody)

    fan_out.refresh_from_db()
    assert fan_out.finished_at is not None
    assert told() == []


def test_a_run_that_was_killed_is_taken_up_where_it_committed(alice, few_at_a_time):
    people = UserFactory.create_batch(7)
    fan_out = begin(alice)

    services.deliver_batch(fan_out, everybody_but(alice))
    assert len(told()) == 3
    services.deliver(fan_out=fan_out, audience=everybody_but(alice))

    assert told() == [person.pk for person in people]


def test_who_leaves_the_audience_in_the_middle_is_not_told(alice, few_at_a_time):
    people = UserFactory.create_batch(5)
    fan_out = begin(alice)
    services.deliver_batch(fan_out, everybody_but(alice))

    services.deliver(fan_out=fan_out, audience=everybody_but(alice).exclude(pk=people[4].pk))

    assert told() == [person.pk for person in people[:4]]


def test_the_same_thing_is_noted_once(alice):
    assert begin(alice) is not None
    assert begin(alice) is None
    assert begin(alice, key="something else") is not None


def test_a_type_that_is_switched_off_tells_nobody(alice):
    NotificationType.objects.filter(code="follow_request").update(is_active=False)

    assert begin(alice) is None


@pytest.mark.parametrize("size", [2, 40])
def test_its_cost_does_not_grow_with_its_batch(alice, size):
    UserFactory.create_batch(size)
    fan_out = begin(alice)

    with CaptureQueriesContext(connection) as queries:
        services.deliver(fan_out=fan_out, audience=everybody_but(alice))

    statements = [
        query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    # Its row, INSERT … SELECT, one to show, the logs (three statements on SQLite), how far it went.
    assert len(statements) == {"postgresql": 5, "sqlite": 7}[connection.vendor]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_everybody_once(few_at_a_time):
    actor = UserFactory()
    people = UserFactory.create_batch(30)
    fan_out = begin(actor)

    together(*[lambda: services.deliver(fan_out=fan_out, audience=everybody_but(actor))] * 4)

    assert told() == [person.pk for person in people]
