"""Kept away by staff, for a time or for good."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as ConsoleSession
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import NothingToSuspend
from apps.accounts.models import User
from apps.accounts.services.staff import change_account, end_suspension, suspend
from apps.accounts.tasks import end_suspensions
from apps.core.http.errors import PermissionDenied
from apps.core.models import AuditEntry, OutgoingMail
from tests.client import ApiClient
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.moderation.people import go_away, log_in

INACTIVE = "Your account is inactive. Please contact support."
SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)


@pytest.fixture
def moderator(db):
    return StaffFactory()


def let_pass(user: User) -> None:
    """The time of the suspension."""
    User.objects.filter(pk=user.pk).update(suspended_until=timezone.now() - SECOND)


def state_of(user: User) -> str:
    return User.objects.get(pk=user.pk).state


@pytest.mark.parametrize("until", [WEEK, None])
def test_sessions_end_at_once_and_nobody_comes_in(alice, alice_client, moderator, until):
    assert alice_client.get("/users/profile").status_code == 200

    suspend(user=alice, until=until and timezone.now() + until, by=moderator)

    assert alice_client.get("/users/profile").status_code == 401
    response = log_in(alice)
    assert (response.status_code, response.json()["detail"]) == (403, INACTIVE)
    assert state_of(alice) == ("suspended" if until else "banned")
    action = "user.suspended" if until else "user.banned"
    assert AuditEntry.objects.values_list("actor", "action").get() == (moderator.pk, action)


def test_it_ends_by_itself(alice, moderator):
    suspend(user=alice, until=timezone.now() + WEEK, by=moderator)
    let_pass(alice)

    assert state_of(alice) == "active"
    assert log_in(alice).status_code == 200
    alice.refresh_from_db()
    assert (alice.is_active, alice.suspended_until) == (True, None)


def test_a_job_keeps_the_column_in_step(alice, moderator):
    bob, carol = UserFactory(), UserFactory()
    for person in (alice, bob):
        suspend(user=person, until=timezone.now() + WEEK, by=moderator)
    suspend(user=carol, until=None, by=moderator)
    let_pass(alice)

    for _ in range(2):
        end_suspensions()

    active = set(User.objects.filter(is_active=True).values_list("username", flat=True))
    assert active == {"alice", moderator.username}


def test_colleagues_come_back_to_the_console_too(moderator):
    colleague, boss = StaffFactory(), StaffFactory(is_superuser=True)
    console = Client()
    console.force_login(colleague)
    suspend(user=colleague, until=timezone.now() + WEEK, by=boss)
    assert not ConsoleSession.objects.exists()
    assert console.post("/admin/login/", {"username": colleague.email, "password": PASSWORD}).status_code == 200

    let_pass(colleague)

    assert console.post("/admin/login/", {"username": colleague.email, "password": PASSWORD}).status_code == 302
    assert console.get("/admin/").status_code == 200


def test_who_is_away_by_their_own_wish_is_so_afterwards(alice, moderator):
    go_away(alice)
    suspend(user=alice, until=timezone.now() + WEEK, by=moderator)
    assert log_in(alice).json()["code"] == "account_inactive"

    let_pass(alice)

    assert state_of(alice) == "deactivated"
    token = log_in(alice).json()["reactivate"]
    assert ApiClient().post("/users/reactivate", {"token": token}).status_code == 200
    assert state_of(alice) == "active"


def test_nobody_reactivates_an_account_that_is_suspended(alice, moderator):
    token = go_away(alice)
    suspend(user=alice, until=timezone.now() + WEEK, by=moderator)

    assert ApiClient().post("/users/reactivate", {"token": token}).status_code == 400


@pytest.mark.parametrize(("first", "second", "state"), [(7, 3, "suspended"), (3, 7, "suspended"), (None, 3, "banned")])
def test_of_two_the_longer_one_counts(alice, moderator, first, second, state):
    now = timezone.now()
    times = [now + timedelta(days=days) if days else None for days in (first, second)]

    for until in times:
        suspend(user=alice, until=until, by=moderator)

    assert state_of(alice) == state
    if first:
        assert User.objects.get(pk=alice.pk).suspended_until == max(times)


@pytest.mark.parametrize("until", [WEEK, None])
def test_staff_end_it(alice, moderator, until):
    suspend(user=alice, until=until and timezone.now() + until, by=moderator)

    for _ in range(2):
        end_suspension(user=alice, by=moderator)

    assert log_in(alice).status_code == 200
    assert AuditEntry.objects.filter(action="user.suspension_ended").count() == 1


@pytest.mark.parametrize("state", ["switched off", "erased"])
def test_there_has_to_be_something_to_suspend(alice, moderator, state):
    User.objects.filter(pk=alice.pk).update(is_active=False, erased_at=timezone.now() if state == "erased" else None)

    with pytest.raises(NothingToSuspend):
        suspend(user=alice, until=None, by=moderator)


@pytest.mark.parametrize("act", ["suspend", "end_suspension"])
def test_it_takes_the_permission_and_no_colleague(alice, moderator, act):
    acts = {
        "suspend": lambda user, by: suspend(user=user, until=None, by=by),
        "end_suspension": lambda user, by: end_suspension(user=user, by=by),
    }
    for user, by in ((alice, UserFactory()), (StaffFactory(), moderator)):
        with pytest.raises(PermissionDenied):
            acts[act](user, by)


def test_no_mail_with_a_new_password_goes_out(alice, moderator):
    suspend(user=alice, until=timezone.now() + WEEK, by=moderator)

    ApiClient().post("/users/auth/forgot-password", {"email": alice.email})

    assert not OutgoingMail.objects.exists()


def test_who_is_active_is_not_suspended(alice):
    for values in ({"suspended_until": timezone.now()}, {"banned_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=alice.pk).update(**values)


@pytest.mark.parametrize("state", User.State)
def test_every_state_is_found_by_its_filter(moderator, state):
    now = timezone.now()
    off = {"is_active": False}
    people = {
        User.State.ACTIVE: UserFactory(**off, suspended_until=now - SECOND),
        User.State.DEACTIVATED: UserFactory(**off, deactivated_at=now, suspended_until=now - SECOND),
        User.State.SUSPENDED: UserFactory(**off, deactivated_at=now, suspended_until=now + WEEK),
        User.State.BANNED: UserFactory(**off, banned_at=now),
        User.State.SWITCHED_OFF: UserFactory(**off),
        User.State.ERASED: UserFactory(**off, erased_at=now),
    }

    found = User.objects.in_state(state).exclude(pk=moderator.pk)

    assert [person.pk for person in found] == [people[state].pk]
    assert people[state].state == state
    assert User.objects.away().filter(pk=people[state].pk).exists() == (state != User.State.ACTIVE)


def test_the_switch_of_staff_ends_it_too(alice, moderator):
    suspend(user=alice, until=None, by=moderator)
    alice.refresh_from_db()
    alice.is_active = True

    change_account(user=alice, fields=["is_active"], by=moderator)

    assert state_of(alice) == "active"
