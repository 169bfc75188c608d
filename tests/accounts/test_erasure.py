"""Leaving for good: what is left of somebody who was erased."""

import pickle
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import Failure, OrmQ, Task

from apps.accounts.models import Document, Erasure, KnownAddress, ReservedUsername, User
from apps.accounts.services import leaving
from apps.accounts.tasks import erase_due, erase_late_rows
from apps.core import audit
from apps.core.declarations import Personal, declared
from apps.core.mail.files import FileBackend
from apps.core.models import AuditEntry, FailedAttempts, IdempotencyKey, OutgoingMail, RefusedAddress
from apps.events.models import Attendance, Event
from apps.live.models import Entry, Payload
from apps.messaging.models import Attachment, Conversation, Message
from apps.moderation.models import Report
from apps.notifications.models import Notification
from apps.social.models import Connection
from tests.accounts.erasing import CANCEL, DELETED, erase, make_due
from tests.accounts.traces import in_mails, in_tables
from tests.client import ApiClient, image_file
from tests.factories import (
    PASSWORD,
    AttachmentFactory,
    AttendanceFactory,
    BlockFactory,
    DocumentFactory,
    EventFactory,
    MessageFactory,
    NotificationFactory,
    ProfilePlatformFactory,
    ReportFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
    StoryViewFactory,
    TypePreferenceFactory,
    UserFactory,
)
from tests.races import together

# Nothing is left


@pytest.fixture
def life(settings, alice, run_jobs, django_capture_on_commit_callbacks):
    """What alice leaves behind everywhere, and two who knew her."""
    User.objects.filter(pk=alice.pk).update(
        username="Al.ice-99", email="alice@wonder.example", new_email="new@wonder.example", first_name="Alicia",
        last_name="Liddéll", last_login=timezone.now(),
    )  # fmt: skip
    alice.refresh_from_db()
    settings.EMAIL_BACKEND = "apps.core.mail.files.FileBackend"
    bob, carol = UserFactory(username="bob"), UserFactory(username="carol", role="brand")
    client, bobs = ApiClient(alice), ApiClient(bob)
    client.patch("/users/profile", {"bio": "Down the hole", "phone": "+4917055501234", "city": "Oxfordshire"})
    client.put("/users/profile/avatar", form={"file": image_file()})
    ProfilePlatformFactory(profile=alice.profile, handle="@alicewonder")
    DocumentFactory(user=alice)
    DocumentFactory(user=alice, approved=True, type="business", reviewed_by=StaffFactory())
    bobs.post("/connections/request", {"receiver_id": alice.pk}, idempotency_key="ask")
    client.patch(f"/connections/{Connection.objects.get().pk}/action", {"status": "accepted"})
    client.post("/chat", {"receiver_id": bob.pk, "content": "Hello Bob"}, idempotency_key="mine")
    bobs.post("/chat", {"receiver_id": alice.pk, "content": "Good morning"}, idempotency_key="his")
    AttachmentFactory(message=Message.objects.get(sender=alice))
    AttachmentFactory(message=Message.objects.get(sender=bob), name="bob.png")
    bobs.post("/chat/conversations", {"name": "tea", "participants": ["bob", "Al.ice-99"]}, idempotency_key="room")
    StoryViewFactory(story=StoryFactory(user=alice, caption="A rabbit"))
    StoryViewFactory(story=StoryFactory(user=bob), viewer=alice)
    party = EventFactory(host=alice, title="Tea party", covered=True)
    AttendanceFactory(event=party, user=bob)
    EventFactory(host=carol, title="Croquet", capacity=1)
    client.post(f"/events/{Event.objects.get(host=carol).pk}/join", {"status": "going"})
    AttendanceFactory(event=Event.objects.get(host=carol), user=bob, status="waitlisted")
    TypePreferenceFactory(user=alice)
    NotificationFactory(receiver=alice)
    client.post("/users/export")
    client.post("/users/auth/forgot-password", {"email": alice.email})
    RefusedAddress.objects.create(address="alice@wonder.example")
    FailedAttempts.objects.create(
        limit="login_failures", subject=alice.pk, network="203.0.113.9", count=1, expires_at=timezone.now()
    )
    OutgoingMail.objects.create(kind="verify_email", user=alice, address="old@wonder.example", sent_at=timezone.now())
    FileBackend().send_messages([mail.EmailMessage("Hello", "Hello Al.ice-99", to=["old@wonder.example"])])
    FileBackend().send_messages([mail.EmailMessage("Hello", "Hello Bob", to=[bob.email])])
    FileBackend().send_messages([mail.EmailMessage("News", "Alicia Liddéll wrote to you.", to=[bob.email])])
    LogEntry.objects.log_actions(StaffFactory().pk, [alice], CHANGE, single_object=True)
    audit.record(actor=StaffFactory(), action="message.taken_down", target=bob, note="Al.ice-99 to bob, today")
    Task.objects.create(
        id="x" * 32, name="a job", func="f", success=False, result="(alice@wonder.example) exists",
        started=timezone.now(), stopped=timezone.now(),
    )  # fmt: skip
    run_jobs()
    yield SimpleNamespace(alice=alice, client=client, bob=bob, bobs=bobs, carol=carol)
    for path in django_settings.EMAIL_FILE_PATH.iterdir():
        path.unlink()


WORDS = [
    *["al.ice-99", "wonder.example", "Alicia", "Liddéll", "4917055501234", "Down the hole", "Oxfordshire"],
    *["alicewonder", "A rabbit", "Tea party", "203.0.113.9"],
]
AUDIT = {("core.AuditEntry", "target")}


def test_nothing_of_them_is_found_any_more(life, stored_files):
    before = {word for _, _, word, _ in in_tables(*WORDS)}
    theirs = [document.file.name for document in Document.objects.all()] + [
        str(Attachment.objects.get(message__sender=life.alice).file),
        str(life.alice.profile.avatar.name or ""),
    ]
    assert before == set(WORDS)
    assert in_mails(*WORDS)

    erase(life.alice)

    assert [found for found in in_tables(*WORDS) if found[:2] not in AUDIT] == []
    assert in_tables(*filter(None, theirs)) == []
    assert in_mails(*WORDS) == []
    assert len(list(django_settings.EMAIL_FILE_PATH.iterdir())) == 1  # bob's
    left = [path.parent.name for path in stored_files()]
    assert sorted(left) == ["attachments", "stories"]  # bob's
    assert not [job for job in Failure.objects.all() if "wonder" in str(job.result)]
    assert not Erasure.objects.exists()


def test_the_row_says_nothing_any_more(life):
    role, joined = life.alice.user_type, life.alice.date_joined

    erase(life.alice)

    alice = life.alice
    assert (alice.username, alice.email, alice.get_full_name(), alice.new_email) == (DELETED, "", "", "")
    assert (alice.user_type, alice.date_joined, alice.last_login) == (role, joined, None)
    assert {alice.is_active, alice.is_verified, alice.email_verified, alice.has_usable_password()} == {False}
    assert (alice.profile.phone, alice.profile.search_text, bool(alice.profile.avatar)) == ("", "", False)
    assert not KnownAddress.objects.filter(user=alice).exists()


def test_the_other_one_goes_on_reading(life):
    erase(life.alice)

    [first, second] = life.bobs.get(f"/chat?user_id={life.alice.pk}").json()["data"]
    person = {"id": life.alice.pk, "username": DELETED, "role": "influencer", "is_verified": False, "avatar": None}
    assert (first["sender"], first["content"], first["attachments"]) == (person, "Hello Bob", [])
    assert (second["receiver"], second["content"]) == (person, "Good morning")
    assert [file["name"] for file in second["attachments"]] == ["bob.png"]
    assert [row["id"] for row in life.bobs.get("/chat").json()["data"]] == [first["id"], second["id"]]
    listed = life.bobs.get("/chat/conversations").json()["data"]
    assert [row["other_user"] for row in listed] == [person, person]
    assert life.bobs.get("/chat/conversations/tea/messages").status_code == 200
    assert life.bobs.post("/chat/read", {"user_id": life.alice.pk}).json()["data"] == {"updated": 1}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat", {"content": "Still there?", "receiver_id": "{0}"}),
        ("/chat/conversations/tea/messages", {"content": "Still there?"}),
        ("/chat/conversations", {"name": "again", "participants": ["bob", "{0}"]}),
        ("/chat/conversations", {"name": "again", "participants": ["bob", "Al.ice-99"]}),
        ("/chat/conversations", {"name": "again", "participants": ["bob", DELETED]}),
    ],
)
def test_nobody_writes_to_them(life, path, body):
    erase(life.alice)
    if body.get("receiver_id"):
        body = body | {"receiver_id": life.alice.pk}
    if body.get("participants") == ["bob", "{0}"]:
        body = body | {"participants": ["bob", life.alice.pk]}

    response = life.bobs.post(path, body)

    assert response.status_code == 400
    assert Message.objects.filter(content="Still there?").count() == 0


@pytest.mark.parametrize("name", ["Al.ice-99", DELETED, "Deleted%20user"])
def test_they_have_no_profile(life, name):
    erase(life.alice)

    assert life.bobs.get(f"/users/profile/{name}").status_code == 404
    for search in ("ice", "deleted"):
        assert life.bobs.get(f"/users?search={search}").json()["data"] == []
    assert life.bobs.post("/connections/request", {"receiver_id": life.alice.pk}).status_code == 404


def test_a_stranger_does_not_learn_that_somebody_was_erased(life):
    erase(life.alice)

    assert ApiClient(UserFactory()).get(f"/chat?user_id={life.alice.pk}").status_code == 404


def test_nobody_signs_in_or_goes_on(life):
    erase(life.alice)

    assert life.client.get("/users/profile").status_code == 401
    for name in ("Al.ice-99", "alice@wonder.example", DELETED):
        response = ApiClient().post("/users/auth/login", {"username": name, "password": PASSWORD})
        assert response.json()["code"] == "bad_credentials"
    life.client.post("/users/auth/forgot-password", {"email": "alice@wonder.example"})
    assert not OutgoingMail.objects.filter(user=life.alice).exists()


@pytest.mark.parametrize("name", ["Al.ice-99", "AL.ICE-99"])
def test_the_username_stays_taken_and_the_address_is_free(life, name):
    erase(life.alice)
    form = {"username": name, "email": "alice@wonder.example", "password": "Another@123", "role": "brand"}

    response = ApiClient().post("/users/auth/register", form)

    assert response.json()["details"] == {"username": ["A user with that username already exists."]}
    assert ApiClient().post("/users/auth/register", form | {"username": "alice2"}).status_code == 201


def test_several_may_be_erased(db):
    people = UserFactory.create_batch(2)
    for person in people:
        make_due(person)

    erase_due()

    assert list(User.objects.values_list("username", flat=True)) == [DELETED, DELETED]
    assert ReservedUsername.objects.count() == 2


def test_two_people_who_are_there_have_no_name_in_common(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(username="ALICE")


def test_a_place_that_gets_free_goes_to_who_waits(life):
    erase(life.alice)

    assert dict(Attendance.objects.values_list("user__username", "status")) == {"bob": "going"}


def test_repeated_requests_and_logs_say_deleted_user(life):
    erase(life.alice)

    answers = {key.key: key.answer for key in IdempotencyKey.objects.filter(user=life.bob)}
    assert answers["his"]["data"]["receiver"]["username"] == DELETED
    again = {"receiver_id": life.alice.pk, "content": "Good morning"}
    assert life.bobs.post("/chat", again, idempotency_key="his").json()["data"]["receiver"]["username"] == DELETED
    events = life.bobs.get("/stream/poll?cursor=0").json()["data"]["events"]
    assert {event["data"]["receiver"]["username"] for event in events if event["event"] == "message"} == {DELETED}
    assert Entry.objects.get(head=life.alice.pk).payload.event == "session_ended"
    assert not Payload.objects.filter(actor=life.alice).exists()
    assert not Notification.objects.filter(actor=life.alice).exists()
    assert AuditEntry.objects.get(action="message.taken_down").note == f"{DELETED} to bob, today"
    assert LogEntry.objects.get().object_repr == DELETED


def test_who_was_blocked_goes_on_seeing_nothing(life):
    BlockFactory(blocker=life.bob, blocked=life.alice)

    erase(life.alice)

    assert life.bobs.get("/chat/conversations").json()["data"] == []
    assert life.bobs.get("/blocks").json()["data"] == []


# Reports


def test_an_open_case_holds_back_only_what_it_is_about(life, stored_files):
    copy = ReportFileFactory(
        report=ReportFactory(target_owner=life.alice, details="She sold me tea", snapshot={"username": "Al.ice-99"})
    )
    ReportFactory(
        target_owner=life.bob, target_type="message", snapshot={"sender": "bob", "receiver": "Al.ice-99"}, target_id=7
    )
    words = ReportFactory(reporter=life.alice, target_owner=life.carol, details="She shouts").pk

    erase(life.alice)

    assert in_tables(*WORDS) == [("moderation.Report", "snapshot", "al.ice-99", copy.report.pk)]
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "reports", "stories"]
    assert Report.objects.get(target_owner=life.bob).snapshot == {"sender": "bob", "receiver": DELETED}
    assert Report.objects.get(pk=words).details == "She shouts"
    assert Erasure.objects.get().user == life.alice

    Report.objects.update(status="decided")
    erase_due()
    erase_due()

    assert in_tables(*WORDS) == []
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "stories"]
    assert set(Report.objects.filter(target_owner=life.alice).values_list("details", flat=True)) == {""}
    assert Report.objects.get(pk=words).details == ""
    assert not Erasure.objects.exists()


# When something dies


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
