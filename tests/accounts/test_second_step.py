"""A login asks for a code where two-step login is on."""

import logging
import re

import pytest
from django.core import mail

from apps.accounts.models import KnownAddress, Session, User
from apps.core.models import FailedAttempts
from tests.accounts.authenticator import code, wait_for_another_code, with_mfa, wrong_code
from tests.accounts.mailbox import token_in
from tests.client import ApiClient, caller_at
from tests.factories import PASSWORD, UserFactory
from tests.races import together

URL = "/users/auth/login"
REQUIRED = {
    "error": "Enter a code of your authenticator app, or a backup code.",
    "detail": "Enter a code of your authenticator app, or a backup code.",
    "code": "otp_required",
    "status_code": 401,
}


@pytest.fixture
def codes(alice):
    """Alice's backup codes; her login asks for a second step."""
    return with_mfa(alice)


def login(otp=None, password=PASSWORD, name="alice", address="127.0.0.1"):
    body = {"username": name, "password": password} | ({} if otp is None else {"otp": otp})
    return caller_at(address).post(URL, body)


def refused_as(response):
    return response.status_code, response.json()["code"]


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("otp", [None, "", "  ", "-"])
def test_without_a_code_it_is_asked_for(otp):
    response = login(otp)

    assert response.json() == REQUIRED
    assert response["WWW-Authenticate"] == "Bearer"
    assert not Session.objects.exists()


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("later", [0, 1])
def test_a_code_of_the_app_lets_in(later):
    assert login(code(later=later)).status_code == 200


def test_a_backup_code_lets_in_once(codes):
    assert login(codes[3]).status_code == 200
    assert refused_as(login(codes[3])) == (401, "otp_invalid")
    assert login(codes[4]).status_code == 200


@pytest.mark.parametrize("typed", [str.upper, lambda text: text.replace("-", " "), lambda text: text.replace("-", "")])
def test_a_backup_code_may_be_typed_in_several_ways(codes, typed):
    assert login(f" {typed(codes[0])} ").status_code == 200


@pytest.mark.usefixtures("codes")
def test_a_code_may_be_typed_in_two_groups():
    otp = code()

    assert login(f"{otp[:3]} {otp[3:]}").status_code == 200


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("later", [-4, 4])
def test_a_code_of_another_minute_is_wrong(later):
    assert refused_as(login(code(later=later))) == (401, "otp_invalid")


@pytest.mark.usefixtures("codes")
def test_a_code_works_once_and_so_do_those_before_it():
    now, next_one = code(), code(later=1)
    assert login(next_one).status_code == 200

    assert refused_as(login(next_one)) == (401, "otp_invalid")
    assert refused_as(login(now)) == (401, "otp_invalid")


@pytest.mark.usefixtures("codes")
def test_a_wrong_password_learns_nothing_of_it():
    assert refused_as(login(code(), password="Wrong@123")) == (401, "bad_credentials")
    assert login(code()).status_code == 200


def test_who_has_none_may_send_one(alice):
    assert login("123456").status_code == 200


def test_browsers_are_asked_as_well(alice):
    with_mfa(alice)
    browser = ApiClient()
    token = browser.get("/users/auth/csrf").json()["data"]["csrfToken"]

    def log_in(**fields):
        body = {"email": alice.email, "password": PASSWORD, **fields}
        return browser.post("/users/auth/jwt/create", body, x_csrftoken=token)

    assert refused_as(log_in()) == (401, "otp_required")
    assert refused_as(log_in(otp=wrong_code())) == (401, "otp_invalid")
    assert "access_token" not in browser.cookies
    assert log_in(otp=code()).status_code == 200
    assert browser.cookies["access_token"].value


@pytest.mark.parametrize("kind", ["code of the app", "backup code"])
def test_twenty_at_once_with_one_code_are_one_login(transactional_db, kind):
    backup_codes = with_mfa(UserFactory(username="alice"))
    otp = code() if kind == "code of the app" else backup_codes[0]

    answers = together(*[lambda: login(otp)] * 20)

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"otp_invalid"}
    assert Session.objects.count() == 1


def test_who_is_away_shows_a_code_before_they_may_come_back(alice, alice_client):
    with_mfa(alice)
    alice_client.patch("/users/deactivate", {"password": PASSWORD})

    assert login().json() == REQUIRED
    refused = login(code())

    assert refused_as(refused) == (403, "account_deactivated")
    back = ApiClient().post("/users/reactivate", {"token": refused.json()["reactivate"]})
    assert back.status_code == 200


def test_who_is_switched_off_learns_it_after_the_code(alice):
    with_mfa(alice)
    User.objects.update(is_active=False)

    assert login().json() == REQUIRED
    assert refused_as(login(code())) == (403, "account_inactive")


def test_a_new_password_leaves_it_on(alice, run_jobs):
    with_mfa(alice)
    ApiClient().post("/users/auth/forgot-password", {"email": alice.email})
    run_jobs()
    body = {"token": token_in(mail.outbox[0]), "password": "Another@456"}
    assert ApiClient().post("/users/auth/reset-password", body).status_code == 200

    assert login(password="Another@456").json() == REQUIRED
    assert login(code(), password="Another@456").status_code == 200


# Guessing


@pytest.fixture
def _throttled(settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"otp": "3/15 minutes", "otp_per_account": "5/day"}


@pytest.mark.usefixtures("codes", "_throttled")
def test_wrong_codes_are_counted_apart_from_wrong_passwords():
    guesses = [login(wrong_code()).status_code for _ in range(4)]

    assert guesses == [401, 401, 401, 429]
    assert login(code()).status_code == 429
    assert login(password="Wrong@123").status_code == 401
    assert not FailedAttempts.objects.filter(limit="login_failures", count__gt=1).exists()


@pytest.mark.usefixtures("codes", "_throttled")
def test_being_asked_for_a_code_counts_as_none():
    for _ in range(5):
        login()

    assert login(code()).status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_backup_codes_are_guessed_within_the_same_limit(codes):
    for number in range(3):
        login(f"aaaa-aaaa-aaaa-aaa{number + 2}")

    assert login(codes[0]).status_code == 429


@pytest.mark.usefixtures("codes", "_throttled")
def test_a_right_code_begins_the_count_anew():
    for _ in range(2):
        login(wrong_code())
    assert login(code()).status_code == 200

    assert [login(wrong_code()).status_code for _ in range(4)] == [401, 401, 401, 429]


@pytest.mark.usefixtures("codes", "_throttled")
def test_many_addresses_are_no_more_guesses_and_the_owner_is_spared(alice):
    KnownAddress.objects.create(user=alice, network="192.0.2.1")

    guesses = [login(wrong_code(), address=f"203.0.113.{number}").status_code for number in range(7)]

    assert guesses == [401] * 5 + [429] * 2
    assert login(code(), address="198.51.100.1").status_code == 429
    assert login(code(), address="192.0.2.1").status_code == 200


@pytest.mark.usefixtures("codes", "_throttled")
def test_a_new_password_lifts_what_was_guessed_from_one_address(alice, run_jobs):
    for _ in range(4):
        login(wrong_code())
    ApiClient().post("/users/auth/forgot-password", {"email": alice.email})
    run_jobs()
    ApiClient().post("/users/auth/reset-password", {"token": token_in(mail.outbox[0]), "password": "Another@456"})

    assert login(code(), password="Another@456").status_code == 200


@pytest.mark.usefixtures("codes", "_throttled")
def test_a_reset_lifts_what_was_counted_of_codes_from_everywhere(alice, run_jobs):
    for number in range(5):
        login(wrong_code(), address=f"203.0.113.{number}")
    ApiClient().post("/users/auth/forgot-password", {"email": alice.email})
    run_jobs()
    ApiClient().post("/users/auth/reset-password", {"token": token_in(mail.outbox[0]), "password": "Another@456"})

    assert login(code(), password="Another@456", address="203.0.113.99").status_code == 200


# What is written down


def test_no_code_and_no_secret_is_logged(alice, alice_client, caplog):
    caplog.set_level(logging.DEBUG)
    told = alice_client.post("/users/auth/mfa/setup").json()["data"]
    first = code(told["secret"])
    made = alice_client.post("/users/auth/mfa/confirm", {"otp": first}).json()["data"]["backup_codes"]
    wait_for_another_code()
    second = code(told["secret"], later=1)
    for otp in (made[0], second, wrong_code(), made[0]):
        login(otp)

    said = [value for record in caplog.records for value in vars(record).values() if not isinstance(value, float | int)]
    written = set(re.findall(r"[\w/-]+", " ".join(map(str, said))))
    assert "/api/v1/users/auth/login" in written
    assert written & {told["secret"], *made, first, second, wrong_code()} == set()
