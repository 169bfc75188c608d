from datetime import timedelta

import pytest
from django.core import mail, signing
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.tokens import make_reactivation, make_verification
from apps.core.models import OutgoingMail, RefusedAddress
from tests.accounts.mailbox import subjects, token_in
from tests.client import ApiClient, caller_at
from tests.factories import UserFactory

URL = "/users/auth/verify-email"
RESEND = "/users/auth/resend-verification"
CHANGE = "/users/auth/change-email"
CONFIRM = "Confirm your e-mail address"


def verify(token):
    return ApiClient().post(URL, {"token": token})


def is_refused(response):
    return (response.status_code, response.json()["code"], response.json()["details"]) == (
        *(400, "bad_token"),
        {"token": ["Invalid or expired token."]},
    )


def test_who_registers_is_mailed_and_confirms(db, run_jobs):
    form = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "role": "brand"}
    assert ApiClient().post("/users/auth/register", form).status_code == 201
    run_jobs()
    assert subjects() == [("brand@infloo.in", CONFIRM)]
    token = token_in(mail.outbox[0])

    for _ in range(2):  # again does no harm
        answer = verify(token)
        assert (answer.status_code, answer.json()) == (200, {"message": "Email verified successfully", "data": None})

    assert User.objects.get(username="brand1").email_verified


def test_a_token_that_was_altered_expired_or_made_for_something_else_is_refused(alice, monkeypatch):
    token = make_verification(alice.pk, alice.email)
    bob = UserFactory()
    foreign = [
        *(token[:-1] + ("a" if token[-1] != "a" else "b"), "x", token.replace(":", ".", 1)),
        make_reactivation(alice),
        make_verification(bob.pk, alice.email),
        make_verification(alice.pk, "former@infloo.in"),
        signing.dumps([alice.pk, alice.email]),
    ]

    assert all(is_refused(verify(wrong)) for wrong in foreign)

    monkeypatch.setattr(
        signing.time, "time", lambda: timezone.now().timestamp() + timedelta(days=3).total_seconds() + 1
    )
    assert is_refused(verify(token))
    alice.refresh_from_db()
    assert not alice.email_verified


def test_a_confirmed_address_gets_mails_again(alice):
    RefusedAddress.objects.mark(alice.email)

    verify(make_verification(alice.pk, alice.email))

    assert not RefusedAddress.objects.exists()


def test_it_is_sent_again_for_who_asks(alice_client, alice, run_jobs):
    answer = alice_client.post(RESEND)
    run_jobs()

    assert (answer.status_code, answer.json()["message"]) == (200, "Verification email sent")
    assert subjects() == [(alice.email, CONFIRM)]


def test_not_for_who_is_verified(alice_client, alice):
    User.objects.update(email_verified=True)

    answer = alice_client.post(RESEND)

    assert (answer.status_code, answer.json()["code"]) == (400, "already_verified")
    assert not OutgoingMail.objects.exists()


def test_for_who_is_verified_at_an_address_that_refused_mails_it_is(alice_client, alice, run_jobs):
    User.objects.update(email_verified=True)
    RefusedAddress.objects.mark(alice.email)

    assert alice_client.post(RESEND).status_code == 200
    run_jobs()

    assert subjects() == [(alice.email, CONFIRM)]
    assert verify(token_in(mail.outbox[0])).status_code == 200
    assert not RefusedAddress.objects.exists()


def test_it_is_limited(alice_client, settings):
    settings.THROTTLES = True

    answers = [alice_client.post(RESEND).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]
    assert OutgoingMail.objects.count() == 5


# Another address


@pytest.fixture
def known(alice):
    alice.set_password("Secret@123")
    User.objects.filter(pk=alice.pk).update(email_verified=True, password=alice.password)
    return ApiClient(alice)


def change(client, email, password="Secret@123"):
    return client.post(CHANGE, {"email": email, "password": password})


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(known, alice, run_jobs):
    former = alice.email
    answer = change(known, "New@Infloo.in")
    run_jobs()
    assert (answer.status_code, answer.json()["message"]) == (200, "Confirmation email sent")
    assert sorted(subjects()) == sorted(
        [("New@infloo.in", CONFIRM), (former, "Another e-mail address for your account")]
    )
    alice.refresh_from_db()
    assert alice.email == former
    token = next(token_in(message) for message in mail.outbox if message.subject == CONFIRM)

    assert [verify(token).status_code for _ in range(2)] == [200, 200]

    alice.refresh_from_db()
    assert (alice.email, alice.email_verified, alice.new_email) == ("New@infloo.in", True, "")


def test_only_the_last_address_asked_for_can_be_confirmed(known, alice):
    change(known, "typo@infloo.in")
    change(known, "right@infloo.in")

    assert is_refused(verify(make_verification(alice.pk, "typo@infloo.in")))
    assert verify(make_verification(alice.pk, "right@infloo.in")).status_code == 200


def test_an_address_that_became_somebody_elses_meanwhile_is_refused(known, alice):
    change(known, "new@infloo.in")
    UserFactory(email="NEW@infloo.in")

    assert is_refused(verify(make_verification(alice.pk, "new@infloo.in")))
    alice.refresh_from_db()
    assert alice.email != "new@infloo.in"


@pytest.mark.parametrize(
    ("email", "password", "field", "sentence"),
    [
        ("new@infloo.in", "wrong", "password", "The password is not correct."),
        ("new@infloo.in", None, "password", "This field is required."),
        ("alice", "Secret@123", "email", "Enter a valid email address."),
        ("taken@Infloo.in", "Secret@123", "email", "A user with that email already exists."),
    ],
)
def test_it_is_refused_in_a_sentence(known, email, password, field, sentence):
    UserFactory(email="taken@infloo.in")

    answer = change(known, email, password)

    assert (answer.status_code, answer.json()["details"]) == (400, {field: [sentence]})
    assert not OutgoingMail.objects.exists()


def test_nobody_asks_without_signing_in(db):
    assert change(caller_at("192.0.2.1"), "new@infloo.in").status_code == 401
