"""Setting two-step login up, its backup codes, and switching it off."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.management import call_command

from apps.accounts.models import BackupCode, SecondFactor, Session
from apps.core.encryption import decrypt
from apps.core.models import FailedAttempts
from tests.accounts.authenticator import code, wait_for_another_code, with_mfa, wrong_code
from tests.accounts.mailbox import subjects
from tests.accounts.test_failed_logins import restart
from tests.client import ApiClient, caller_at
from tests.factories import PASSWORD, SECRET, SecondFactorFactory, UserFactory
from tests.races import together

URL = "/users/auth/mfa"


def setup(client):
    return client.post(f"{URL}/setup").json()["data"]


def send(client, what, otp):
    return client.post(f"{URL}/{what}", {"otp": otp})


def refused_as(response):
    return response.status_code, response.json()["code"]


def status(client):
    return client.get(URL).json()["data"]


def test_at_first_it_is_off(alice_client):
    assert status(alice_client) == {"enabled": False, "backup_codes_left": 0}


def test_an_app_is_told_a_secret_in_three_ways(alice_client):
    told = setup(alice_client)

    address = urlsplit(told["otpauth_uri"])
    assert told.keys() == {"secret", "otpauth_uri", "qr_svg"}
    assert re.fullmatch("[A-Z2-7]{32}", told["secret"])
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Infloo:alice")
    assert parse_qs(address.query) == {"secret": [told["secret"]], "issuer": ["Infloo"]}
    assert told["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "<script" not in told["qr_svg"]


def test_what_was_not_confirmed_is_not_asked_for(alice_client):
    setup(alice_client)

    assert status(alice_client) == {"enabled": False, "backup_codes_left": 0}


def test_a_code_of_the_app_switches_it_on(alice_client, run_jobs):
    secret = setup(alice_client)["secret"]

    response = send(alice_client, "confirm", code(secret))

    codes = response.json()["data"]["backup_codes"]
    assert response.status_code == 200
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([2-9a-z]{4}-){3}[2-9a-z]{4}", each) for each in codes)
    assert status(alice_client) == {"enabled": True, "backup_codes_left": 10}
    run_jobs()
    assert subjects() == [("alice@example.com", "Two-step login is on")]
    assert secret not in mail.outbox[0].body


def test_the_last_secret_counts(alice_client):
    former = setup(alice_client)["secret"]
    secret = setup(alice_client)["secret"]

    assert refused_as(send(alice_client, "confirm", code(former))) == (400, "otp_invalid")
    assert send(alice_client, "confirm", code(secret)).status_code == 200


@pytest.mark.parametrize("otp", ["", "abc", "12345", "1234567", "١٢٣٤٥٦", "0" * 4096])
def test_a_wrong_code_switches_nothing_on(alice_client, otp):
    setup(alice_client)

    response = send(alice_client, "confirm", otp)

    assert refused_as(response) == (400, "otp_invalid")
    assert response.json()["details"] == {"otp": ["This code is wrong, or was used before."]}
    assert status(alice_client)["enabled"] is False


def test_nothing_is_confirmed_that_was_not_set_up(alice_client):
    assert refused_as(send(alice_client, "confirm", "123456")) == (400, "otp_invalid")


def test_confirming_twice_at_once_makes_ten_backup_codes(transactional_db):
    client = ApiClient(UserFactory())
    otp = code(setup(client)["secret"])

    answers = together(*[lambda: send(client, "confirm", otp).status_code] * 8)

    assert sorted(answers) == [200] + [400] * 7
    assert BackupCode.objects.count() == 10


def test_neither_the_secret_nor_a_backup_code_stands_in_the_database(alice_client):
    secret = setup(alice_client)["secret"]
    codes = send(alice_client, "confirm", code(secret)).json()["data"]["backup_codes"]

    rows = f"{list(SecondFactor.objects.values())} {list(BackupCode.objects.values())}"
    assert secret not in rows
    assert decrypt(SecondFactor.objects.get().secret) == secret
    assert not [each for each in codes if each in rows or each.replace("-", "") in rows]


def test_new_backup_codes_end_the_former(alice, alice_client):
    former = with_mfa(alice)

    codes = send(alice_client, "codes", code()).json()["data"]["backup_codes"]

    assert len(set(codes) - set(former)) == 10
    assert refused_as(send(alice_client, "disable", former[0])) == (400, "otp_invalid")
    assert send(alice_client, "disable", codes[0]).status_code == 200


def test_new_backup_codes_may_be_asked_for_by_the_last_one(alice, alice_client):
    former = with_mfa(alice)

    assert len(send(alice_client, "codes", former[9]).json()["data"]["backup_codes"]) == 10


def test_asked_for_at_once_there_are_ten_of_them(transactional_db):
    user = UserFactory()
    codes = with_mfa(user)
    client = ApiClient(user)

    answers = together(*[lambda otp=otp: send(client, "codes", otp).status_code for otp in [code(), *codes[:5]]])

    assert 200 in answers
    assert BackupCode.objects.count() == 10


def test_a_code_switches_it_off(alice, alice_client, run_jobs):
    with_mfa(alice)

    assert send(alice_client, "disable", code()).status_code == 200

    assert status(alice_client) == {"enabled": False, "backup_codes_left": 0}
    assert not SecondFactor.objects.exists()
    assert not BackupCode.objects.exists()
    run_jobs()
    assert subjects() == [("alice@example.com", "Two-step login is off")]


@pytest.mark.parametrize("what", ["codes", "disable"])
def test_a_code_works_once(alice, alice_client, what):
    with_mfa(alice)
    otp = code()
    send(alice_client, "codes", otp)

    assert refused_as(send(alice_client, what, otp)) == (400, "otp_invalid")


@pytest.mark.parametrize(
    ("is_on", "what", "refusal"),
    [
        (True, "setup", "mfa_enabled"),
        (True, "confirm", "mfa_enabled"),
        (False, "codes", "mfa_disabled"),
        (False, "disable", "mfa_disabled"),
    ],
)
def test_what_makes_no_sense_is_refused(alice, alice_client, is_on, what, refusal):
    if is_on:
        with_mfa(alice)

    body = None if what == "setup" else {"otp": code()}

    assert refused_as(alice_client.post(f"{URL}/{what}", body)) == (400, refusal)


def test_setting_up_anew_does_not_touch_what_is_on(alice, alice_client):
    with_mfa(alice)

    alice_client.post(f"{URL}/setup")

    assert send(alice_client, "disable", code()).status_code == 200


def test_it_is_ones_own(alice, alice_client):
    with_mfa(UserFactory())

    assert status(alice_client)["enabled"] is False
    assert refused_as(send(alice_client, "disable", code())) == (400, "mfa_disabled")


@pytest.mark.parametrize("what", ["confirm", "codes", "disable"])
def test_guessing_has_a_limit_that_outlasts_a_restart(alice, alice_client, settings, what):
    settings.THROTTLES = True
    SecondFactorFactory(user=alice, **({"confirmed_at": None} if what == "confirm" else {}))

    answers = [send(alice_client, what, wrong_code()) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].json()["code"] == "throttled"
    assert 0 < int(answers[-1]["Retry-After"]) <= 900
    restart()
    assert send(alice_client, what, code()).status_code == 429


def test_a_stolen_session_gets_no_more_guesses_by_many_addresses(alice, alice_client, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"otp_per_account": "5/day"}
    with_mfa(alice)

    def guess(number):
        alice_client.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
        return send(alice_client, "disable", wrong_code()).status_code

    assert [guess(number) for number in range(7)] == [400] * 5 + [429] * 2
    login = {"username": "alice", "password": PASSWORD, "otp": code()}
    assert caller_at("198.51.100.1").post("/users/auth/login", login).status_code == 200


def test_a_right_code_begins_the_count_anew(alice, alice_client, settings):
    settings.THROTTLES = True
    with_mfa(alice)
    for _ in range(9):
        send(alice_client, "codes", wrong_code())

    assert send(alice_client, "codes", code()).status_code == 200

    assert not FailedAttempts.objects.filter(limit="otp").exists()


def test_secrets_are_read_by_a_former_key_until_they_are_encrypted_anew(alice, alice_client, settings):
    settings.DATA_KEYS = ["o" * 40]
    with_mfa(alice)

    settings.DATA_KEYS = ["n" * 40, "o" * 40]
    assert send(alice_client, "codes", code()).status_code == 200
    call_command("rotate_data_keys", verbosity=0)
    settings.DATA_KEYS = ["n" * 40]
    wait_for_another_code()

    assert send(alice_client, "codes", code()).status_code == 200


def test_switching_it_on_ends_no_session(alice, alice_client):
    send(alice_client, "confirm", code(setup(alice_client)["secret"]))

    assert Session.objects.filter(user=alice, revoked_at=None).exists()


def test_a_secret_is_nobody_elses(alice_client):
    assert setup(alice_client)["secret"] != setup(ApiClient(UserFactory()))["secret"] != SECRET
