"""An erasure that dies, is tried again, or meets another one."""

import pickle

import pytest
from django.core import mail
from django_q.models import OrmQ

from apps.accounts.models import Document, Erasure, User
from apps.accounts.services import leaving
from apps.accounts.tasks import erase_due, erase_late_rows
from apps.core import audit
from apps.core.declarations import Personal, declared
from apps.core.mail.files import FileBackend
from apps.core.models import AuditEntry, IdempotencyKey, RefusedAddress
from apps.live.models import Payload
from apps.messaging.models import Conversation, Message
from apps.notifications.models import Notification
from tests.accounts.erasing import CANCEL, DELETED, erase, make_due
from tests.accounts.traces import AUDIT, WORDS, in_mails, in_tables
from tests.client import ApiClient
from tests.factories import (
    DocumentFactory,
    MessageFactory,
    NotificationFactory,
    StaffFactory,
    UserFactory,
)
from tests.races import together


def test_it_may_die_anywhere_and_is_repeated(life, monkeypatch):
    make_due(life.alice)
    rows_of, steps = Personal.rows_of, [one for one in declared("personal", "PERSONAL") if callable(one.erase)]
    left = 0

    def dying(self, user_id):
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError
        return rows_of(self, user_id)

    monkeypatch.setattr(Personal, "rows_of", dying)
    for left in range(0, len(steps), 3):  # noqa: B007  # it counts down
        erase_due()
        assert Erasure.objects.exists()
    monkeypatch.undo()
    erase_due()

    assert [found for found in in_tables(*WORDS) if found[:2] not in AUDIT] == []
    assert in_mails(*WORDS) == []
    assert not Erasure.objects.exists()


def test_a_storage_that_is_away_leaves_it_to_the_next_run(life, stored_files, monkeypatch):
    def away(self, name):
        raise OSError("away")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.delete", away)
    erase(life.alice)
    assert life.alice.state != User.State.ERASED
    assert not life.alice.is_active
    assert Document.objects.exclude(file="").exists()
    monkeypatch.undo()

    erase_due()

    life.alice.refresh_from_db()
    assert life.alice.state == User.State.ERASED
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "stories"]


def test_once_begun_it_cannot_be_cancelled(life):
    make_due(life.alice)
    leaving.begin(life.alice.pk)

    assert not leaving.cancel_erasure(user=life.alice, by=life.alice)


def test_erasing_again_does_no_harm(life):
    erase(life.alice)
    make_due(life.alice)

    erase_due()

    assert (User.objects.in_state(User.State.ERASED).count(), Erasure.objects.count()) == (1, 0)
    assert Conversation.objects.count() == 2


def test_what_was_written_late_goes_the_next_day(life, stored_files):
    erase(life.alice)
    DocumentFactory(user=life.alice)
    NotificationFactory(receiver=life.bob, actor=life.alice)
    left = Message.objects.count()

    erase_late_rows()

    assert not Document.objects.exists()
    assert not Notification.objects.filter(actor=life.alice).exists()
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "stories"]
    assert Message.objects.count() == left


def test_an_address_that_is_somebody_else_s_is_left_to_them(alice, settings):
    bob = UserFactory(email="bob@bob.example")
    User.objects.filter(pk=alice.pk).update(new_email=bob.email)
    RefusedAddress.objects.create(address=bob.email)
    FileBackend().send_messages([mail.EmailMessage("Hello", "Hello Bob", to=[bob.email])])

    erase(alice)

    assert RefusedAddress.objects.holds(bob.email)
    [letter] = settings.EMAIL_FILE_PATH.iterdir()
    letter.unlink()


@pytest.mark.parametrize("name", ["message", "pending", "event", "changed", "his"])
def test_a_name_that_is_a_word_changes_no_words_of_others(alice, name):
    User.objects.filter(pk=alice.pk).update(username=name)
    bob = UserFactory(username="bob")
    bobs = ApiClient(bob)
    bobs.post("/connections/request", {"receiver_id": UserFactory().pk}, idempotency_key=name)
    NotificationFactory(receiver=bob, message=f"{name} {name}", redirect_id=bob.pk)
    audit.record(actor=StaffFactory(), action="document.rejected", target=bob, note=f"Not {name}")
    before = IdempotencyKey.objects.get().answer, list(Payload.objects.filter(actor=bob).values_list("data", flat=True))

    erase(alice)

    after = IdempotencyKey.objects.get().answer, list(Payload.objects.filter(actor=bob).values_list("data", flat=True))
    assert before == after
    assert Notification.objects.filter(receiver=bob, message=f"{name} {name}").exists()
    assert AuditEntry.objects.get().note == f"Not {name}"


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_erase_once():
    alice, bob = UserFactory(username="alice"), UserFactory()
    for _ in range(5):
        NotificationFactory(receiver=bob, actor=alice)
        MessageFactory(sender=alice, receiver=bob)
    make_due(alice)

    together(erase_due, erase_due)
    erase_due()

    alice.refresh_from_db()
    assert alice.state == User.State.ERASED
    assert not Notification.objects.exists()
    assert not Erasure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_erasing_at_once_do_one_of_the_two():
    alice = UserFactory(username="alice")
    client = ApiClient(alice)
    make_due(alice)

    together(erase_due, lambda: client.post(CANCEL))

    alice.refresh_from_db()
    assert (alice.state, alice.username) in {(User.State.ACTIVE, "alice"), (User.State.ERASED, DELETED)}


def test_jobs_hold_ids_only(life):
    life.client.post("/users/export")

    assert [pickle.dumps(job.task["args"]) for job in OrmQ.objects.all()] == [
        pickle.dumps((export.pk,)) for export in [life.alice.export]
    ]
