"""A notification is mailed at once to whom it reaches by mail, and who wants to hear of it so soon."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import User
from apps.core.mail import outbox
from apps.core.models import OutgoingMail, RefusedAddress
from apps.core.tasks import deliver_due_mails
from apps.notifications import services
from apps.notifications.models import Notification
from apps.notifications.schemas import Redirect
from tests.client import ApiClient
from tests.factories import PreferencesFactory, TypePreferenceFactory, UserFactory
from tests.live.logs import say
from tests.notifications.ways import WAYS, tell_audience

TELL = pytest.mark.parametrize("tell", WAYS.values(), ids=WAYS)
ASKED = "bob wants to follow you."


@pytest.fixture
def alice(db) -> User:
    return UserFactory(username="alice", email="alice@infloo.in", email_verified=True)


@pytest.fixture
def deliver(run_jobs):
    """Have the worker do all there is to do, and the schedule send what waits."""

    def work() -> list[tuple[str, str]]:
        run_jobs()
        deliver_due_mails()
        return [(message.to[0], message.subject) for message in mail.outbox]

    return work


@TELL
def test_it_says_what_happened_and_how_to_get_no_more(alice, bob, everybody, tell, deliver):
    tell(alice, bob)

    assert deliver() == [("alice@infloo.in", "New follow request")]
    [message] = mail.outbox
    assert ASKED in message.body
    assert ASKED in message.alternatives[0][0]
    headers = message.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("http")
    assert link in message.body


@TELL
@pytest.mark.parametrize(
    "reached",
    [
        {"email_verified": False},
        {"email": "alice@demo.example"},
        {"enable_email": False},
        {"email_enabled": False, "frequency": "immediate"},
        {"frequency": "daily_digest"},
        {"frequency": "disabled"},
        {"refused": True},
    ],
    ids=str,
)
def test_whom_it_does_not_reach_is_not_mailed(alice, bob, everybody, tell, reached, deliver):
    if "refused" in reached:
        RefusedAddress.objects.mark("Alice@infloo.in")
    elif "enable_email" in reached:
        PreferencesFactory(user=alice, **reached)
    elif "frequency" in reached:
        TypePreferenceFactory(user=alice, **reached)
    else:
        User.objects.filter(pk=alice.pk).update(**reached)

    tell(alice, bob)

    assert not OutgoingMail.objects.exists()
    assert deliver() == []


def test_who_is_shown_nothing_in_the_product_is_still_mailed(alice, bob, deliver):
    PreferencesFactory(user=alice, enable_in_app=False)

    WAYS["notify"](alice, bob)

    assert len(deliver()) == 1


@pytest.mark.parametrize(
    "away", [{"is_active": False}, {"email": "other@infloo.in"}, {"email_verified": False}], ids=str
)
def test_who_is_not_reached_any_more_when_it_is_sent_gets_none(alice, bob, deliver, away):
    WAYS["notify"](alice, bob)
    User.objects.filter(pk=alice.pk).update(**away)

    assert deliver() == []
    assert not OutgoingMail.objects.exists()


def read(alice, bob):
    ApiClient(alice).post("/notifications/read", {})


def choose_digests(alice, bob):
    TypePreferenceFactory(user=alice, frequency="daily_digest")


def block(alice, bob):
    assert ApiClient(alice).post("/blocks", {"user_id": bob.pk}).status_code == 201


def withdraw(alice, bob):
    services.retract(receiver=alice.pk, code="follow_request", redirect_id=7)


def switch_off(alice, bob):
    PreferencesFactory(user=alice, enable_email=False)


@pytest.mark.parametrize("meanwhile", [read, choose_digests, block, withdraw, switch_off])
def test_what_is_no_news_any_more_when_it_is_sent_is_not_mailed(alice, bob, deliver, meanwhile):
    WAYS["notify"](alice, bob)
    meanwhile(alice, bob)

    assert deliver() == []
    assert not OutgoingMail.objects.exists()


def test_of_an_audience_those_are_mailed_who_want_it(bob, everybody, deliver):
    people = [UserFactory(email=f"p{number}@infloo.in", email_verified=number != 1) for number in range(5)]
    TypePreferenceFactory(user=people[2], frequency="weekly_summary")
    TypePreferenceFactory(user=people[3], frequency="immediate")

    tell_audience(None, bob)

    assert sorted(deliver()) == [(f"p{number}@infloo.in", "New follow request") for number in (0, 3, 4)]
    rows = OutgoingMail.objects.values_list("user", "about")
    assert set(rows) <= set(Notification.objects.values_list("receiver", "pk"))


def test_what_audiences_are_told_waits_for_the_digest_by_default(alice, bob, deliver):
    event = Redirect(kind="event", id=7, url="/api/v1/events/7")
    services.notify(receiver=alice, code="event_hosted", actor=bob, redirect=event, host="bob", title="Tea")

    assert deliver() == []


def test_a_login_from_a_new_device_is_mailed_by_its_own_mail_only(alice, deliver):
    sessions = Redirect(kind="sessions", id=alice.pk, url="/api/v1/users/auth/sessions")
    services.notify(receiver=alice, code="new_login", actor=None, redirect=sessions, device="Firefox on Linux")

    assert Notification.objects.filter(receiver=alice).exists()
    assert deliver() == []


def test_of_a_conversation_one_mail_waits_and_whoever_reads_along_gets_none(alice, bob, run_jobs):
    for words in ("Hello", "Are you there?"):
        say(bob, alice, words)
    run_jobs()
    deliver_due_mails()
    assert mail.outbox == []
    [waiting] = OutgoingMail.objects.all()
    assert timedelta(seconds=50) < waiting.next_try_at - timezone.now() <= timedelta(minutes=1)
    OutgoingMail.objects.update(next_try_at=timezone.now())

    deliver_due_mails()
    say(bob, alice, "Bye")

    assert [message.subject for message in mail.outbox] == ["You have a new message"]
    assert OutgoingMail.objects.count() == 1


@TELL
def test_a_flood_of_notifications_ends_and_keeps_no_other_mail_back(alice, bob, everybody, tell, monkeypatch):
    monkeypatch.setattr(outbox, "PER_HOUR", 3)
    for number in range(3):
        OutgoingMail.objects.create(kind="notification", user=alice, address=alice.email, about=number)

    tell(alice, bob)
    outbox.queue_mail(kind="password_changed", user=alice)

    assert OutgoingMail.objects.filter(about=None).count() == 1
    assert OutgoingMail.objects.exclude(about=None).count() == 3


def test_title_of_several_lines_is_one_line_of_a_mail(alice, bob, deliver):
    WAYS["notify"](alice, bob)
    Notification.objects.update(title="Two\nlines")

    assert deliver() == [("alice@infloo.in", "Two lines")]
