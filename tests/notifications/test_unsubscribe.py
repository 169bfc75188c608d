"""The link in a mail of a notification: no more of those, without signing in."""

import re

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from apps.accounts.tokens import make_verification
from apps.core.mail.outbox import queue_mail
from apps.core.mail.unsubscribing import ONE_CLICK
from apps.core.models import MAILS_KEPT, OutgoingMail
from apps.core.tasks import deliver_due_mails
from apps.notifications.models import Digest, TypePreference
from tests.factories import NotificationFactory, TypePreferenceFactory, UserFactory
from tests.notifications.ways import WAYS
from tests.races import together

DONE = "You get no more mails of this kind"


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def alice(db):
    return UserFactory(username="alice", email="alice@infloo.in", email_verified=True)


@pytest.fixture
def link(alice, bob, run_jobs) -> str:
    """Out of a mail about a request."""
    WAYS["notify"](alice, bob)
    run_jobs()
    return link_of(mail.outbox.pop())


def link_of(message) -> str:
    return re.sub(r"^https?://[^/]+", "", message.message()["List-Unsubscribe"].strip("<>"))


def without_mails(user) -> set[str]:
    return set(
        TypePreference.objects.filter(preferences=user.pk, email_enabled=False).values_list("kind__code", flat=True)
    )


def test_opening_it_changes_nothing(alice, browser, link):
    for answer in (browser.get(link), browser.head(link)):
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
    assert "request?" in browser.get(link).content.decode()
    assert without_mails(alice) == set()


@pytest.mark.parametrize("form", [{}, dict([ONE_CLICK.split("=")])], ids=["button", "mailbox"])
def test_one_click_is_enough(alice, bob, browser, link, run_jobs, form):
    answer = browser.post(link, form)

    assert (answer.status_code, DONE in answer.content.decode()) == (200, True)
    assert without_mails(alice) == {"follow_request"}
    WAYS["notify"](alice, bob)
    run_jobs()
    assert mail.outbox == []


def test_of_a_digest_it_is_about_all_types_that_come_so_often(alice, browser):
    TypePreferenceFactory(user=alice, code="follow_accepted", frequency="daily_digest")
    told = NotificationFactory(receiver=alice, code="event_hosted")
    now = timezone.now()
    digest = Digest.objects.create(user=alice, slot=now, frequency="daily_digest", after_id=0, up_to=told.pk)
    OutgoingMail.objects.create(kind="daily_digest", user=alice, address=alice.email, about=digest.pk, next_try_at=now)
    deliver_due_mails()

    answer = browser.post(link_of(mail.outbox[0]))

    assert DONE in answer.content.decode()
    assert without_mails(alice) == {
        "announcement",
        "event_hosted",
        "event_joined",
        "follow_accepted",
        "project_updated",
    }


def refused(browser, link) -> bool:
    answers = [browser.get(link), browser.post(link)]
    return all(answer.status_code == 400 and "Invalid or expired" in answer.content.decode() for answer in answers)


def test_it_works_once(alice, browser, link):
    browser.post(link)
    TypePreference.objects.update(email_enabled=True)

    assert refused(browser, link)
    assert without_mails(alice) == set()


def test_it_works_no_longer_than_the_mail_is_kept(alice, browser, link):
    OutgoingMail.objects.update(created_at=timezone.now() - MAILS_KEPT)

    assert refused(browser, link)
    assert without_mails(alice) == set()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "\0",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: signing.dumps(signing.loads(token, salt="unsubscribe"), salt="files"),
        lambda token: make_verification(1, "alice@infloo.in"),
    ],
)
def test_no_other_token_is_taken(alice, browser, link, token):
    path, _, own = link.partition("?token=")

    assert refused(browser, f"{path}?token={token(own) if callable(token) else token}")
    assert without_mails(alice) == set()


def test_it_is_no_token_for_anything_else(alice, browser, link, client):
    token = link.partition("?token=")[2]
    for path, body in [
        ("verify-email", {"token": token}),
        ("reset-password", {"token": token, "password": "New@12345"}),
    ]:
        answer = client.post(f"/api/v1/users/auth/{path}", body, content_type="application/json")
        assert answer.status_code == 400


def test_mails_about_security_have_none(alice, run_jobs):
    queue_mail(kind="password_changed", user=alice)
    run_jobs()

    assert mail.outbox[0].message()["List-Unsubscribe"] is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_succeeds(alice, link):
    answers = together(*[lambda: Client().post(link).status_code] * 20)

    assert sorted(answers) == [200, *[400] * 19]
