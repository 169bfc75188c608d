"""Deciding a document: staff do it in the console, which calls this service."""

import pytest

from apps.accounts.errors import AlreadyReviewed, OwnDocument, ReasonRequired
from apps.accounts.models import Document, User
from apps.accounts.services.documents import review_document
from apps.core.http.errors import PermissionDenied
from apps.core.models import AuditEntry
from apps.notifications.models import Notification
from tests.factories import DocumentFactory, StaffFactory, UserFactory
from tests.races import together


@pytest.fixture
def reviewer(db):
    return StaffFactory()


@pytest.fixture
def document(alice):
    return DocumentFactory(user=alice)


def test_approval_gives_the_blue_tick(alice_client, reviewer, document):
    review_document(document=document, by=reviewer, approve=True)

    stored = Document.objects.get()
    listed = alice_client.get("/users/verify").json()["data"][0]
    assert alice_client.get("/users/profile").json()["data"]["is_verified"] is True
    assert (listed["status"], listed["reason"]) == ("approved", None)
    assert listed["reviewed_at"].endswith("Z")
    assert stored.reviewed_by == reviewer


def test_approval_is_told(alice_client, reviewer, document):
    review_document(document=document, by=reviewer, approve=True)

    (told,) = alice_client.get("/notifications").json()["data"]
    assert (told["code"], told["type"], told["priority"]) == ("document_approved", "system", "high")
    assert (told["title"], told["message"]) == ("Verification approved", "Your identity document was approved.")
    assert told["actor"] is None
    assert told["redirect"] == {"kind": "verification", "id": document.pk, "url": "/api/v1/users/verify"}


@pytest.mark.parametrize(
    ("reason", "told_reason"),
    [
        ("Too dark", "Too dark"),
        ("Too dark.", "Too dark"),
        (" Too dark... ", "Too dark"),
        ("Why {type}?", "Why {type}?"),
    ],
)
def test_rejection_keeps_and_tells_its_reason(alice_client, reviewer, document, reason, told_reason):
    review_document(document=document, by=reviewer, approve=False, reason=reason)

    (told,) = alice_client.get("/notifications").json()["data"]
    listed = alice_client.get("/users/verify").json()["data"][0]
    assert (listed["status"], listed["reason"]) == ("rejected", reason.strip())
    assert (told["code"], told["title"]) == ("document_rejected", "Verification rejected")
    assert told["message"] == f"Your identity document was rejected: {told_reason}. Please upload it again."
    assert alice_client.get("/users/profile").json()["data"]["is_verified"] is False


def test_a_rejection_leaves_an_earlier_tick(alice, alice_client, reviewer, document):
    User.objects.filter(pk=alice.pk).update(is_verified=True)

    review_document(document=document, by=reviewer, approve=False, reason="Too dark")

    assert alice_client.get("/users/profile").json()["data"]["is_verified"] is True


@pytest.mark.parametrize(("approve", "action"), [(True, "document.approved"), (False, "document.rejected")])
def test_the_trail_names_who_decided(reviewer, document, approve, action):
    review_document(document=document, by=reviewer, approve=approve, reason="Too dark")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (reviewer, action)
    assert entry.target == f"accounts.document:{document.pk}"
    assert entry.note == ("" if approve else "Too dark")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_a_document_is_decided_once(alice, reviewer, document, first, second):
    review_document(document=document, by=reviewer, approve=first, reason="Too dark")
    stale = DocumentFactory.build(pk=document.pk, user=alice)

    with pytest.raises(AlreadyReviewed, match="already reviewed"):
        review_document(document=stale, by=StaffFactory(), approve=second, reason="Again")

    assert Document.objects.get().status == ("approved" if first else "rejected")
    assert Notification.objects.count() == AuditEntry.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_rejection_needs_a_reason(reviewer, document, reason):
    with pytest.raises(ReasonRequired) as refusal:
        review_document(document=document, by=reviewer, approve=False, reason=reason)

    assert refusal.value.details == {"reason": ["This field is required."]}
    assert Document.objects.get().status == "pending"


def test_only_reviewers_decide(document):
    for person in (UserFactory(), UserFactory(is_staff=True)):
        with pytest.raises(PermissionDenied):
            review_document(document=document, by=person, approve=True)

    assert Document.objects.get().status == "pending"


def test_nobody_decides_their_own(reviewer):
    document = DocumentFactory(user=reviewer)

    with pytest.raises(OwnDocument):
        review_document(document=document, by=reviewer, approve=True)


def test_a_reviewers_name_is_not_told(alice_client, reviewer, document):
    review_document(document=document, by=reviewer, approve=True)

    for path in ("/users/verify", "/notifications"):
        assert reviewer.username not in alice_client.get(path).text


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts():
    document, reviewers = DocumentFactory(), [StaffFactory(), StaffFactory()]

    def decide(by, approve):
        try:
            review_document(document=Document.objects.get(), by=by, approve=approve, reason="Too dark")
        except AlreadyReviewed:
            return None
        return "approved" if approve else "rejected"

    outcomes = together(lambda: decide(reviewers[0], True), lambda: decide(reviewers[1], False))

    document.refresh_from_db()
    assert sorted(outcomes, key=str) == sorted([None, document.status], key=str)
    assert document.user.notifications.get().kind.code == f"document_{document.status}"
    assert User.objects.get(pk=document.user_id).is_verified is (document.status == "approved")
