from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import PasswordReset, Session, User
from apps.accounts.services.passwords import set_password
from apps.accounts.tokens import make_verification
from apps.core.models import OutgoingMail
from tests.accounts.mailbox import code_in, subjects, token_in
from tests.client import ApiClient, caller_at, sign_in
from tests.factories import PASSWORD, UserFactory
from tests.races import together

FORGOT = "/users/auth/forgot-password"
RESET = "/users/auth/reset-password"
CHANGE = "/users/auth/change-password"
NEW = "Another@456"
SENT = {"message": "Password reset email sent", "data": None}


@pytest.fixture
def forgetful(alice, run_jobs):
    """Their mail, with link and code."""
    assert ApiClient().post(FORGOT, {"email": alice.email}).json() == SENT
    run_jobs()
    return mail.outbox[-1]


def reset(password=NEW, **way):
    return ApiClient().post(RESET, {"password": password, **way})


def details(answer):
    return answer.status_code, answer.json()["code"], answer.json()["details"]


BAD_TOKEN = (400, "bad_token", {"token": ["Invalid or expired token."]})
BAD_CODE = (400, "bad_code", {"otp": ["Invalid or expired code."]})


def may_sign_in(user, password):
    return ApiClient().post("/users/auth/login", {"username": user.username, "password": password}).status_code == 200


@pytest.mark.parametrize("by", ["token", "otp"])
def test_link_and_code_reset_it_once(alice, forgetful, run_jobs, by):
    sign_in(alice)
    link = {"token": token_in(forgetful)}
    code = {"email": alice.email.upper(), "otp": code_in(forgetful)}

    answer = reset(**(link if by == "token" else code))

    assert (answer.status_code, answer.json()["message"]) == (200, "Password reset successful")
    assert may_sign_in(alice, NEW)
    assert not Session.objects.filter(user=alice, user_agent="tests", revoked_at=None).exists()
    alice.refresh_from_db()
    assert alice.email_verified
    run_jobs()
    assert subjects()[-1] == (alice.email, "Your password was changed")
    assert details(reset(**link)) == BAD_TOKEN
    assert details(reset(**code)) == BAD_CODE


def test_nobody_learns_whose_address_it_is(db, run_jobs):
    assert ApiClient().post(FORGOT, {"email": "nobody@infloo.in"}).json() == SENT

    run_jobs()
    assert mail.outbox == []


def test_who_is_suspended_gets_none_and_who_is_away_stays_away(alice, run_jobs):
    away = UserFactory(is_active=False, deactivated_at=timezone.now())
    User.objects.filter(pk=alice.pk).update(is_active=False)
    for user in (alice, away):
        assert ApiClient().post(FORGOT, {"email": user.email}).json() == SENT
    run_jobs()
    assert [message.to for message in mail.outbox] == [[away.email]]

    assert reset(token=token_in(mail.outbox[0])).status_code == 200

    away.refresh_from_db()
    assert away.state == User.State.DEACTIVATED


def test_suspended_meanwhile_it_is_refused(alice, forgetful):
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert details(reset(token=token_in(forgetful))) == BAD_TOKEN


def test_a_new_mail_is_the_end_of_the_former(alice, forgetful, run_jobs):
    ApiClient().post(FORGOT, {"email": alice.email})
    run_jobs()

    assert details(reset(token=token_in(forgetful))) == BAD_TOKEN
    assert reset(token=token_in(mail.outbox[-1])).status_code == 200


def test_both_die_after_ten_minutes(alice, forgetful):
    PasswordReset.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert details(reset(token=token_in(forgetful))) == BAD_TOKEN
    assert details(reset(email=alice.email, otp=code_in(forgetful))) == BAD_CODE


def test_both_die_with_another_address(alice, forgetful):
    User.objects.filter(pk=alice.pk).update(email="other@infloo.in")

    assert details(reset(token=token_in(forgetful))) == BAD_TOKEN
    assert details(reset(email="other@infloo.in", otp=code_in(forgetful))) == BAD_CODE


def test_five_wrong_codes_spoil_the_code_and_not_the_link(alice, forgetful):
    right = code_in(forgetful)
    wrong = "000000" if right != "000000" else "000001"
    assert [details(reset(email=alice.email, otp=wrong)) for _ in range(5)] == [BAD_CODE] * 5

    assert details(reset(email=alice.email, otp=right)) == BAD_CODE
    assert reset(token=token_in(forgetful)).status_code == 200


def test_new_mails_bring_no_end_of_guesses(alice, forgetful, run_jobs, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"reset_codes": "7/day", "reset": "90/minute"}
    right = code_in(forgetful)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        reset(email=alice.email, otp=wrong)
    ApiClient().post(FORGOT, {"email": alice.email})
    run_jobs()
    for _ in range(2):
        reset(email=alice.email, otp="x")

    assert details(reset(email=alice.email, otp=code_in(mail.outbox[-1]))) == BAD_CODE
    assert reset(token=token_in(mail.outbox[-1])).status_code == 200


def test_of_two_who_know_the_same_password_one_changes_it(alice):
    first, second = User.objects.get(pk=alice.pk), User.objects.get(pk=alice.pk)

    assert [set_password(first, NEW), set_password(second, "Third@789")] == [True, False]
    assert may_sign_in(alice, NEW)


def test_another_password_ends_a_reset_that_was_asked_for(alice, forgetful, alice_client, run_jobs):
    ApiClient().post(FORGOT, {"email": alice.email})
    alice_client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})

    assert details(reset(token=token_in(forgetful))) == BAD_TOKEN
    run_jobs()
    assert [subject for _, subject in subjects()] == ["Your new password", "Your password was changed"]


def test_a_refused_password_uses_up_neither(alice, forgetful):
    code = {"email": alice.email, "otp": code_in(forgetful)}
    for way in (*[code] * 6, {"token": token_in(forgetful)}):
        answer = reset("1234", **way)
        assert answer.status_code == 400
        assert "This password is too common." in answer.json()["details"]["password"]

    assert reset(**code).status_code == 200


@pytest.mark.parametrize(
    "way", [{}, {"email": "a@b.example"}, {"otp": "123456"}, {"token": "x", "email": "a@b.example", "otp": "123456"}]
)
def test_it_takes_one_way(db, way):
    assert details(reset(**way))[1] == "validation_error"


def test_a_token_of_another_kind_is_refused(alice, forgetful):
    assert details(reset(token=make_verification(alice.pk, alice.email))) == BAD_TOKEN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["token", "otp"])
def test_of_twenty_at_once_one_succeeds(run_jobs, by):
    alice = UserFactory(username="alice")
    ApiClient().post(FORGOT, {"email": alice.email})
    run_jobs()
    message = mail.outbox[-1]
    way = {"token": token_in(message)} if by == "token" else {"email": alice.email, "otp": code_in(message)}

    answers = together(*[lambda: reset(**way).status_code] * 20)

    assert sorted(answers) == [200] + [400] * 19


def test_asking_is_limited_by_the_typed_address_known_or_not(db, settings):
    settings.THROTTLES = True
    for address in (UserFactory(email="asked@infloo.in").email, "asked-nobody@infloo.in"):
        answers = [caller_at(f"192.0.2.{n}").post(FORGOT, {"email": address}).status_code for n in range(6)]
        assert answers == [200] * 5 + [429]
    assert OutgoingMail.objects.count() == 5


def test_asking_is_limited_by_caller(db, settings):
    settings.THROTTLES = True
    caller = caller_at("198.51.100.7")

    answers = [caller.post(FORGOT, {"email": f"nobody{n}@infloo.in"}).status_code for n in range(21)]

    assert answers == [200] * 20 + [429]


# By who knows the old one


def test_it_is_changed_and_other_devices_are_out(alice, alice_client, run_jobs):
    other = ApiClient(alice)
    User.objects.filter(pk=alice.pk).update(new_email="asked@infloo.in")

    answer = alice_client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})

    assert (answer.status_code, answer.json()["message"]) == (200, "Password changed successfully")
    assert may_sign_in(alice, NEW)
    assert other.get("/users/profile").status_code == 401
    assert alice_client.get("/users/profile").status_code == 200
    alice.refresh_from_db()
    assert alice.new_email == ""
    run_jobs()
    assert subjects() == [(alice.email, "Your password was changed")]


def test_its_documented_name_is_taken(alice_client):
    assert alice_client.post(CHANGE, {"old_password": PASSWORD, "new_password": NEW}).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "expected"),
    [
        ("wrong", NEW, {"current_password": ["Old password is not correct"]}),
        (PASSWORD, "8361947205", {"new_password": ["This password is entirely numeric."]}),
    ],
)
def test_a_wrong_one_changes_nothing(alice, alice_client, current, new, expected):
    answer = alice_client.post(CHANGE, {"current_password": current, "new_password": new})

    assert (answer.status_code, answer.json()["details"]) == (400, expected)
    assert may_sign_in(alice, PASSWORD)
    assert not OutgoingMail.objects.exists()
