import os
from datetime import timedelta

import pytest
from django.core import mail as sent
from django.db import transaction
from django.utils import timezone

from apps.core.mail import outbox
from apps.core.mail.kinds import kinds
from apps.core.models import OutgoingMail, RefusedAddress
from apps.core.tasks import deliver_due_mails, prune_mails
from tests.core.mail.server import mail_server
from tests.e2e.conftest import free_port
from tests.factories import UserFactory
from tests.races import together

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def port(settings):
    """Of a mail server that may be there."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", free_port()
    return settings.EMAIL_PORT


def queued(**fields) -> OutgoingMail:
    with transaction.atomic():
        outbox.queue_mail(**{"kind": "password_changed", "user": UserFactory()} | fields)
    return OutgoingMail.objects.latest("pk")


def later(mail: OutgoingMail, **time: int) -> None:
    """As if that much time had passed since the mail was caused, with all tries that fell into it."""
    passed = timezone.now() - timedelta(**time)
    OutgoingMail.objects.filter(pk=mail.pk).update(created_at=passed, next_try_at=timezone.now())


def test_it_leaves_with_the_transaction_of_its_cause(db, run_jobs):
    with transaction.atomic():
        outbox.queue_mail(kind="password_changed", user=UserFactory())
        transaction.set_rollback(True)

    assert run_jobs() == 0
    assert not OutgoingMail.objects.exists()


def test_it_is_text_and_html_with_the_name_of_the_site_and_of_the_person(db, run_jobs, settings):
    settings.SUPPORT_EMAIL, settings.MAIL_FROM = "help@infloo.example", "Infloo <hello@infloo.example>"
    mail = queued(user=UserFactory(first_name="Älice <3", email="alice@infloo.in", email_verified=True))

    run_jobs()

    [message] = sent.outbox
    text, (html, kind) = message.body, message.alternatives[0]
    assert (message.from_email, message.to, message.reply_to) == (
        "Infloo <hello@infloo.example>",
        ["alice@infloo.in"],
        ["help@infloo.example"],
    )
    assert message.message()["Message-ID"] == f"<{mail.message_id}>"
    assert kind == "text/html"
    assert "Hello Älice <3," in text
    assert "Hello Älice &lt;3," in html
    for part in (text, html):
        assert "Infloo" in part
        assert "help@infloo.example" in part
    assert "src=" not in html
    assert "@import" not in html
    mail.refresh_from_db()
    assert mail.sent_at
    assert mail.next_try_at is None


def test_neither_words_nor_tokens_are_kept(db, run_jobs):
    queued(kind="reset_password")
    run_jobs()

    [row] = OutgoingMail.objects.values()
    link = next(line for line in sent.outbox[0].body.splitlines() if "token=" in line)
    token = link.partition("token=")[2]
    assert token
    assert token not in str(row)


def test_nothing_goes_to_the_demo_network(db, run_jobs):
    with transaction.atomic():
        outbox.queue_mail(kind="password_changed", user=UserFactory(email="ann@Demo.example"))

    assert run_jobs() == 0


def test_an_unknown_kind_is_a_mistake(db):
    with pytest.raises(LookupError, match="birthday"):
        queued(kind="birthday")


def test_what_is_of_no_use_any_more_is_not_sent(db, run_jobs):
    queued(kind="verify_email", user=UserFactory(email_verified=True))
    run_jobs()

    assert sent.outbox == []
    assert not OutgoingMail.objects.exists()


def test_a_server_that_is_away_delays_it_and_it_arrives_once(db, port, run_jobs):
    mail = queued()
    run_jobs()
    mail.refresh_from_db()
    assert (mail.tries, mail.sent_at) == (1, None)
    assert timedelta(seconds=50) < mail.next_try_at - timezone.now() <= timedelta(minutes=1)
    assert "refused" in mail.error

    with mail_server(port) as mailbox:
        deliver_due_mails()
        assert mailbox.arrived == []  # its time has not come
        later(mail, minutes=1)
        for _ in range(3):
            deliver_due_mails()

    mail.refresh_from_db()
    assert [message["Message-ID"] for message in mailbox.arrived] == [f"<{mail.message_id}>"]


def test_the_delays_grow_to_six_hours_and_end_after_a_day(db, port, run_jobs):
    mail = queued()
    delays = []
    run_jobs()
    for _ in range(20):
        mail.refresh_from_db()
        if mail.next_try_at is None:
            break
        delay = mail.next_try_at - timezone.now()
        delays.append(round(delay / timedelta(minutes=1)))
        OutgoingMail.objects.update(created_at=mail.created_at - delay, next_try_at=timezone.now())
        deliver_due_mails()

    assert delays == [1, 5, 15, 60, 180, 360, 360, 360, 99]
    assert sum(delays) == 24 * 60
    assert mail.error.startswith("Given up: ")
    assert OutgoingMail.objects.given_up().count() == 1


def test_while_the_server_is_away_the_first_finds_out_for_all(db, port):
    mails = [queued() for _ in range(3)]

    deliver_due_mails()

    assert sorted(OutgoingMail.objects.filter(pk__in=[mail.pk for mail in mails]).values_list("tries", flat=True)) == [
        *(0, 0, 1)
    ]


def test_a_refusal_for_good_marks_the_address_to_which_only_verification_goes_then(db, port, run_jobs):
    user = UserFactory(email="gone@infloo.in")
    with mail_server(port) as mailbox:
        mailbox.answer = "550 no such user"
        mail = queued(user=user)
        run_jobs()
        mail.refresh_from_db()
        assert (mail.tries, mail.next_try_at, mail.sent_at) == (1, None, None)
        assert "550 no such user" in mail.error
        assert RefusedAddress.objects.holds("Gone@infloo.in")

        mailbox.answer = "250 OK"
        queued(user=user)
        queued(user=user, kind="verify_email")
        run_jobs()

    assert [message["Subject"] for message in mailbox.arrived] == [kinds()["verify_email"].subject]


@pytest.mark.parametrize(
    "answer", ["450 try later", "550 5.7.1 relaying denied", "554 5.7.1 blocked", "552 5.2.2 mailbox full"]
)
def test_a_refusal_that_is_not_about_the_address_is_tried_again(db, port, run_jobs, answer):
    with mail_server(port) as mailbox:
        mailbox.answer = answer
        mail = queued()
        run_jobs()
        assert not RefusedAddress.objects.exists()
        mailbox.answer = "250 OK"
        later(mail, minutes=1)
        deliver_due_mails()

    assert len(mailbox.arrived) == 1


def test_jobs_do_not_wait_for_a_server_that_was_away_just_now(db, port, run_jobs):
    mails = [queued() for _ in range(3)]

    run_jobs()

    assert [OutgoingMail.objects.get(pk=mail.pk).tries for mail in mails] == [1, 0, 0]
    with mail_server(port) as mailbox:
        deliver_due_mails()
        assert len(mailbox.arrived) == 2


def test_no_address_is_flooded(db, run_jobs):
    user = UserFactory()
    for _ in range(25):
        queued(user=user)

    assert OutgoingMail.objects.count() == 20


def test_a_name_that_anybody_may_have_typed_is_not_shown_to_a_stranger(db, run_jobs):
    queued(user=UserFactory(username="ann", first_name="Visit evil.example", email_verified=False))
    run_jobs()

    assert "evil" not in sent.outbox[0].body
    assert "Hello ann," in sent.outbox[0].body


def test_one_that_cannot_be_written_keeps_no_other_back(db):
    broken, good = queued(), queued()
    OutgoingMail.objects.filter(pk=broken.pk).update(kind="of a room that is gone")

    deliver_due_mails()

    assert len(sent.outbox) == 1
    broken.refresh_from_db()
    assert (broken.tries, broken.error) == (1, "'of a room that is gone'")
    assert OutgoingMail.objects.get(pk=good.pk).sent_at


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends_it():
    mail = queued()

    together(*[lambda: outbox.deliver(mail.pk)] * 10)

    assert len(sent.outbox) == 1


def test_without_a_server_each_is_a_file_of_its_own(db, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "apps.core.mail.files.FileBackend", tmp_path
    for _ in range(3):
        queued(kind="reset_password")

    deliver_due_mails()

    files = sorted(tmp_path.iterdir())
    assert [(file.suffix, file.stat().st_mode & 0o777) for file in files] == [(".eml", 0o600)] * 3
    assert all(b"Subject: Your new password" in file.read_bytes() for file in files)


def test_files_go_after_a_week_and_rows_after_a_month(db, settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "old.eml").touch()
    (tmp_path / "new.eml").touch()
    (tmp_path / "broken-off.part").touch()
    week_ago = (timezone.now() - timedelta(days=7, hours=1)).timestamp()
    for name in ("old.eml", "broken-off.part"):
        os.utime(tmp_path / name, (week_ago, week_ago))
    waiting, old, new = queued(), queued(), queued()
    OutgoingMail.objects.filter(pk__in=[old.pk, new.pk]).update(next_try_at=None)
    OutgoingMail.objects.filter(pk__in=[old.pk, waiting.pk]).update(created_at=timezone.now() - timedelta(days=31))

    prune_mails()

    assert [file.name for file in tmp_path.iterdir()] == ["new.eml"]
    assert set(OutgoingMail.objects.all()) == {waiting, new}
