"""The console's login page has the limits that any login has."""

import pytest
from django.contrib.sessions.models import Session as ConsoleSession
from django.test import Client

from apps.accounts.models import KnownAddress
from apps.core.http import throttling
from tests.client import ApiClient, caller_at
from tests.factories import PASSWORD

URL = "/admin/login/"


@pytest.fixture(autouse=True)
def _throttled(settings):
    settings.THROTTLES = True
    throttling.limiter().storage.reset()


def log_in(name="boss", password=PASSWORD, address="127.0.0.1"):
    return Client(REMOTE_ADDR=address).post(URL, {"username": name, "password": password})


def test_sixty_wrong_passwords_end_in_429(boss):
    answers = [log_in(password="Wrong@123") for _ in range(60)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 50
    assert log_in().status_code == 429


def test_the_refusal_is_a_page_that_says_when_to_come_back(boss):
    for _ in range(10):
        log_in(password="Wrong@123")

    refused = log_in()

    assert (refused["Content-Type"], refused["X-RateLimit-Remaining"]) == ("text/html; charset=utf-8", "0")
    assert 0 < int(refused["Retry-After"]) <= 900
    assert "no-store" in refused["Cache-Control"]
    assert "You can try again in 15 minutes." in refused.content.decode()
    assert 'type="password"' not in refused.content.decode()


@pytest.mark.parametrize("console_first", [True, False])
def test_console_and_api_count_together(boss, console_first):
    def at_the_api():
        return ApiClient().post("/users/auth/login", {"username": "boss", "password": "Wrong@123"})

    def at_the_console():
        return log_in(password="Wrong@123")

    tried, then = (at_the_console, at_the_api) if console_first else (at_the_api, at_the_console)
    for _ in range(10):
        tried()

    assert then().status_code == 429


def test_one_address_cannot_try_a_password_on_everybody(boss, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "3/15 minutes"}
    for number in range(3):
        log_in(f"somebody{number}", "Wrong@123")

    assert log_in().status_code == 429


def test_who_has_signed_in_from_there_is_not_locked_out_by_others(boss, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_account": "3/hour"}
    log_in(address="192.0.2.1")
    for number in range(3):
        caller_at(f"203.0.113.{number}").post("/users/auth/login", {"username": "boss", "password": "Wrong@123"})

    assert log_in(address="203.0.113.99").status_code == 429
    assert log_in(address="192.0.2.1").status_code == 302


def test_logins_that_succeed_have_a_limit_too(boss, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login": "2/hour"}

    assert [log_in().status_code for _ in range(3)] == [302, 302, 429]
    assert ConsoleSession.objects.count() == 2


def test_a_refused_login_makes_no_address_known(boss):
    log_in(password="Wrong@123", address="192.0.2.1")

    assert not KnownAddress.objects.exists()
