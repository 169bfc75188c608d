"""Leaving for good: what is left of somebody who was erased."""

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.models import Failure

from apps.accounts.models import Document, Erasure, KnownAddress, ReservedUsername, User
from apps.accounts.tasks import erase_due
from apps.core.models import IdempotencyKey, OutgoingMail
from apps.events.models import Attendance
from apps.live.models import Entry, Payload
from apps.messaging.models import Attachment, Message
from apps.moderation.models import Case, Report
from apps.notifications.models import Notification
from tests.accounts.erasing import DELETED, erase, make_due
from tests.accounts.traces import AUDIT, WORDS, in_mails, in_tables
from tests.client import ApiClient
from tests.factories import (
    PASSWORD,
    BlockFactory,
    CaseFactory,
    ReportFactory,
    ReportFileFactory,
    UserFactory,
)


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


def test_who_was_blocked_goes_on_seeing_nothing(life):
    BlockFactory(blocker=life.bob, blocked=life.alice)

    erase(life.alice)

    assert life.bobs.get("/chat/conversations").json()["data"] == []
    assert life.bobs.get("/blocks").json()["data"] == []


# Reports


def test_an_open_case_holds_back_only_what_it_is_about(life, stored_files):
    copy = ReportFileFactory(case__target_owner=life.alice, case__snapshot={"username": "Al.ice-99"})
    ReportFactory(case=copy.case, details="She sold me tea")
    CaseFactory(
        target_owner=life.bob, target_type="message", snapshot={"sender": "bob", "receiver": "Al.ice-99"}, target_id=7
    )
    words = ReportFactory(reporter=life.alice, case__target_owner=life.carol, details="She shouts").pk

    erase(life.alice)

    assert in_tables(*WORDS) == [("moderation.Case", "snapshot", "al.ice-99", copy.case.pk)]
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "reports", "stories"]
    assert Case.objects.get(target_owner=life.bob).snapshot == {"sender": "bob", "receiver": DELETED}
    assert Report.objects.get(pk=words).details == "She shouts"
    assert Erasure.objects.get().user == life.alice

    Case.objects.update(status="decided", decision="warned", decided_at=timezone.now())
    Case.objects.filter(pk=copy.case.pk).update(reason="Al.ice-99 sells tea")
    erase_due()
    erase_due()

    assert in_tables(*WORDS) == []
    assert sorted(path.parent.name for path in stored_files()) == ["attachments", "stories"]
    assert set(Report.objects.filter(case__target_owner=life.alice).values_list("details", flat=True)) == {""}
    assert Report.objects.get(pk=words).details == ""
    assert not Erasure.objects.exists()
