"""Failed logins are counted in the database: over restarts, by all processes, until a new password is set."""

from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import credentials
from apps.accounts.services import staff
from apps.accounts.tasks import prune_sessions
from apps.core.http import throttling
from apps.core.models import FailedAttempts
from tests.client import caller_at
from tests.core.http.test_failures import failing_with
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.races import together

URL = "/users/auth/login"
WRONG = "Wrong@123"


@pytest.fixture(autouse=True)
def _throttled(settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {
        "login_failures": "3/15 minutes",
        "login_failures_per_address": "6/15 minutes",
        "login_failures_per_account": "5/hour",
    }


def login(name="alice", password=WRONG, address="127.0.0.1"):
    return caller_at(address).post(URL, {"username": name, "password": password})


def restart():
    """Another process, or this one begun again: nothing is remembered but the database."""
    for limiter in (throttling.limiter, throttling.own_limiter):
        limiter().storage.reset()
        limiter.cache_clear()


GUESSES = {
    "login_failures": [("alice", "192.0.2.1")] * 3,
    "login_failures_per_address": [(f"somebody{number}", "192.0.2.1") for number in range(6)],
    "login_failures_per_account": [("alice", f"203.0.113.{number}") for number in range(5)],
}


@pytest.mark.parametrize("limit", GUESSES)
def test_a_restart_gives_nobody_new_guesses(alice, settings, limit):
    for name, address in GUESSES[limit]:
        assert login(name, address=address).status_code == 401

    restart()

    refused = login("alice", PASSWORD, address="192.0.2.1")
    assert refused.status_code == 429
    assert refused["X-RateLimit-Limit"] == settings.THROTTLE_RATES[limit].split("/")[0]
    assert refused["X-RateLimit-Remaining"] == "0"
    assert int(refused["Retry-After"]) > 800


def test_a_window_that_is_over_is_begun_anew(alice):
    for _ in range(4):
        login()
    FailedAttempts.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    again = login()

    assert (again.status_code, again["X-RateLimit-Remaining"]) == (401, "2")
    assert FailedAttempts.objects.get(limit="login_failures").expires_at > timezone.now() + timedelta(minutes=14)


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_moment_are_all_counted():
    UserFactory(username="alice")

    statuses = together(*[lambda: login().status_code] * 8)

    assert sorted(statuses) == [401] * 3 + [429] * 5


def guess_from_everywhere(name="alice"):
    for number in range(5):
        login(name, address=f"203.0.113.{number}")
    for _ in range(3):
        login(name, address="192.0.2.1")
    assert login(name, PASSWORD, address="192.0.2.1").status_code == 429


def test_a_password_that_staff_set_lifts_what_was_counted(alice):
    guess_from_everywhere()

    staff.set_password(user=alice, password="N3w-secret!", by=StaffFactory(is_superuser=True))

    assert login("alice", "N3w-secret!", address="192.0.2.1").status_code == 200
    assert not FailedAttempts.objects.filter(subject=alice.pk).exists()
    assert FailedAttempts.objects.filter(limit="login_failures_per_address").count() == 5


def test_a_new_password_of_ones_own_lifts_it_too(db):
    boss = StaffFactory(username="boss", is_superuser=True)
    console = Client()
    console.force_login(boss)
    guess_from_everywhere("boss")

    console.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": "N3w-secret!", "new_password2": "N3w-secret!"},
    )

    assert login("boss", "N3w-secret!", address="192.0.2.1").status_code == 200


def test_it_lifts_nothing_of_others(alice):
    bob = UserFactory(username="bob")
    guess_from_everywhere()

    credentials.forget_failures(bob)

    assert login("alice", PASSWORD, address="192.0.2.1").status_code == 429


def test_names_that_nobody_has_share_a_few_counters(db, monkeypatch, settings):
    monkeypatch.setattr(credentials, "BUCKETS", 2)
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "100/hour"}

    statuses = [login(f"somebody{number}").status_code for number in range(30)]

    assert statuses.count(401) == 6
    subjects = set(FailedAttempts.objects.values_list("subject", flat=True))
    assert subjects == {"nobody 0", "nobody 1", "127.0.0.1"}


def test_what_strangers_type_is_not_kept(db):
    login("my-secret-by-mistake")

    assert "mistake" not in str(list(FailedAttempts.objects.values()))


def test_a_name_that_nobody_has_asks_the_database_as_much(alice):
    statements = []
    for name in ("alice", "nobody"):
        with CaptureQueriesContext(connection) as captured:
            login(name, address=f"192.0.2.{len(name)}")
        statements.append([query["sql"].split(" WHERE ")[0][:60] for query in captured])

    assert statements[0] == statements[1]


def test_switched_off_nothing_is_counted(alice, settings):
    settings.THROTTLES = False

    assert {login().status_code for _ in range(8)} == {401}
    assert not FailedAttempts.objects.exists()


def test_windows_that_are_over_are_forgotten(alice):
    login()
    over = FailedAttempts.objects.filter(limit="login_failures")
    over.update(expires_at=timezone.now() - timedelta(seconds=1))

    prune_sessions()

    assert set(FailedAttempts.objects.values_list("limit", flat=True)) == {
        "login_failures_per_address",
        "login_failures_per_account",
    }


@pytest.mark.parametrize("error", [OperationalError("down"), InterfaceError("closed")])
def test_while_the_database_is_down_it_is_503(alice, error):
    with failing_with(error):
        response = login()

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
