"""Asking to be erased, and changing one's mind."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import Erasure, User
from apps.accounts.tasks import erase_due
from apps.core.models import OutgoingMail
from tests.accounts.colleagues import COLLEAGUES
from tests.accounts.erasing import CANCEL, URL, ask, due_at, erase, make_due
from tests.client import ApiClient
from tests.factories import (
    PASSWORD,
    UserFactory,
)


def test_it_is_due_in_fourteen_days_and_nothing_changes_until_then(alice, alice_client):
    before = timezone.now()
    assert due_at(alice_client) is None

    response = ask(alice_client)

    erasure = Erasure.objects.get(user=alice)
    assert response.status_code == 202
    assert response.json()["data"] == {"due_at": due_at(alice_client)}
    assert before + timedelta(days=14) <= erasure.due_at <= timezone.now() + timedelta(days=14)
    erase_due()
    assert ApiClient(UserFactory()).get("/users/profile/alice").status_code == 200
    assert ApiClient().post("/users/auth/login", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_asking_again_keeps_the_date(alice_client, run_jobs):
    assert ask(alice_client).json() == ask(alice_client).json()
    assert OutgoingMail.objects.filter(kind="deletion_asked").count() == 1


def test_a_mail_says_when_and_how_to_keep_the_account(alice, alice_client, run_jobs):
    ask(alice_client)
    run_jobs()

    [message] = mail.outbox
    assert message.to == [alice.email]
    assert f"{Erasure.objects.get().due_at:%-d %B %Y}" in message.body
    assert "cancel the deletion" in message.body


@pytest.mark.parametrize(
    ("body", "code"), [({"password": "wrong"}, "wrong_password"), ({}, "validation_error")], ids=["wrong", "none"]
)
def test_it_takes_the_password(alice_client, body, code):
    response = alice_client.post(URL, body)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Erasure.objects.exists()


def test_it_can_be_cancelled(alice, alice_client, run_jobs):
    ask(alice_client)
    assert [alice_client.post(CANCEL).status_code for _ in range(2)] == [200, 200]

    assert due_at(alice_client) is None
    run_jobs()
    # That it was asked is not told any more.
    assert [message.subject for message in mail.outbox] == ["Your account will not be deleted"]
    alice.refresh_from_db()
    assert alice.is_active


@pytest.mark.parametrize("who", COLLEAGUES)
def test_colleagues_are_refused(db, who):
    colleague = COLLEAGUES[who]()
    User.objects.filter(pk=colleague.pk).update(is_active=True)

    response = ask(ApiClient(colleague))

    assert (response.status_code, response.json()["code"]) == (400, "staff_account")


def test_who_works_here_by_now_is_passed_over(alice):
    make_due(alice)
    User.objects.filter(pk=alice.pk).update(is_staff=True)

    erase_due()

    alice.refresh_from_db()
    assert (alice.username, alice.is_active, Erasure.objects.count()) == ("alice", True, 1)


def test_who_is_away_meanwhile_is_erased_all_the_same(alice, alice_client):
    ask(alice_client)
    alice_client.patch("/users/deactivate", {"password": PASSWORD})

    erase(alice)

    assert alice.state == User.State.ERASED
