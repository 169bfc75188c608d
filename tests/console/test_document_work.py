import re

import pytest
from django.urls import reverse

from apps.accounts.models import Document, Taxonomy
from apps.core.models import AuditEntry
from apps.notifications.models import Notification
from tests.client import PDF, image_file
from tests.console.conftest import browser
from tests.factories import DocumentFactory, StaffFactory

LIST = "/admin/accounts/document/"
QUEUE = "/admin/work/?tab=documents"
APPROVE = {"do": "decide", "decision": "approve"}


def page_of(document: Document) -> str:
    return reverse("work_item", args=["documents", document.pk])


def test_it_shows_the_document_through_the_private_view(staff, staff_client):
    document = DocumentFactory()

    html = staff_client.get(page_of(document)).content.decode()
    link = re.search(r'<iframe src="([^"]+)"', html)[1]
    file = staff_client.get(link)

    assert link.startswith(f"/api/v1/files/document/{document.pk}?sig=")
    assert b"".join(file.streaming_content) == PDF
    assert file["X-Frame-Options"] == "SAMEORIGIN"
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (staff, "document.viewed", f"accounts.document:{document.pk}")


def test_it_shows_a_picture_as_a_picture(staff_client):
    document = DocumentFactory(content_type="image/png", file=image_file())

    html = staff_client.get(page_of(document)).content.decode()

    assert f'<img src="/api/v1/files/document/{document.pk}?sig=' in html
    assert "<iframe" not in html


def test_opening_it_decides_nothing(staff_client):
    document = DocumentFactory()

    staff_client.get(page_of(document), APPROVE)

    document.refresh_from_db()
    assert document.status == "pending"


def test_it_approves(staff, staff_client):
    document = DocumentFactory()

    response = staff_client.post(page_of(document), APPROVE, follow=True)

    document.refresh_from_db()
    assert response.redirect_chain == [(QUEUE, 302)]
    assert [str(message) for message in response.context["messages"]] == [f"Approved: {document}."]
    assert (document.status, document.reviewed_by, document.user.is_verified) == ("approved", staff, True)
    assert Notification.objects.get(receiver=document.user).kind.code == "document_approved"
    assert AuditEntry.objects.filter(action="document.approved").count() == 1


def test_it_rejects_with_a_reason(staff_client):
    document = DocumentFactory()

    response = staff_client.post(page_of(document), {"do": "decide", "decision": "reject", "reason": " Too dark "})

    document.refresh_from_db()
    assert response.status_code == 302
    assert (document.status, document.reason, document.user.is_verified) == ("rejected", "Too dark", False)
    assert "Too dark" in Notification.objects.get(receiver=document.user).message


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"decision": "reject"}, "reason"),
        ({"decision": "reject", "reason": "  "}, "reason"),
        ({"decision": "approve", "reason": "x" * 501}, "reason"),
        ({"decision": "maybe"}, "decision"),
        ({}, "decision"),
    ],
)
def test_it_says_what_is_missing_and_decides_nothing(staff_client, sent, field):
    document = DocumentFactory()

    response = staff_client.post(page_of(document), sent | {"do": "decide"})

    document.refresh_from_db()
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert document.status == "pending"
    assert not AuditEntry.objects.exclude(action="document.viewed").exists()


def test_a_decided_document_stays_decided(staff_client):
    document = DocumentFactory(rejected=True)

    page = staff_client.get(page_of(document)).content.decode()
    response = staff_client.post(page_of(document), APPROVE)

    document.refresh_from_db()
    assert "Rejected by a former colleague" in page
    assert "Too dark" in page
    assert "Your decision" not in page
    assert "This document was already reviewed." in response.content.decode()
    assert document.status == "rejected"


def test_nobody_reviews_their_own(staff, staff_client):
    document = DocumentFactory(user=staff)

    response = staff_client.post(page_of(document), APPROVE)

    document.refresh_from_db()
    assert "You cannot review your own document." in response.content.decode()
    assert document.status == "pending"


def test_it_says_when_the_file_was_erased(staff_client):
    document = DocumentFactory(approved=True, file="")

    page = staff_client.get(page_of(document)).content.decode()

    assert "The file was erased" in page
    assert "/api/v1/files/" not in page


def test_only_those_who_review_may_open_it(db):
    document = DocumentFactory()
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(
        colleague.groups.get().permissions.get(codename="review_document"),
    )
    client = browser(colleague)

    assert client.get(page_of(document)).status_code == 403
    assert client.post(page_of(document), APPROVE).status_code == 403
    assert page_of(document) not in client.get(LIST).content.decode()
    assert "review/" not in client.get(f"{LIST}{document.pk}/change/").content.decode()


def test_a_superuser_may(boss_client):
    document = DocumentFactory()

    assert page_of(document) in boss_client.get(LIST).content.decode()
    assert f"{LIST}{document.pk}/review/" in boss_client.get(f"{LIST}{document.pk}/change/").content.decode()
    assert boss_client.get(f"{LIST}{document.pk}/review/").url == page_of(document)
    assert boss_client.post(page_of(document), APPROVE).status_code == 302


@pytest.mark.parametrize("row_id", ["999", "0", "abc"])
def test_an_unknown_document_is_not_found(staff_client, row_id):
    assert staff_client.get(f"/admin/work/documents/{row_id}/").status_code == 404


def test_the_list_begins_with_those_that_wait(staff_client):
    decided = DocumentFactory(approved=True)
    waiting = DocumentFactory.create_batch(2)

    page = staff_client.get(LIST)
    pending = staff_client.get(LIST, {"status__exact": "pending"})

    assert list(page.context["cl"].result_list) == [*waiting, decided]
    assert list(pending.context["cl"].result_list) == waiting
    assert [item["title"] for item in pending.context["tab_list"][0]["items"] if item["active"]] == ["Pending"]


def test_what_was_typed_stays_where_the_decision_is_refused(staff_client):
    document = DocumentFactory(approved=True)

    html = staff_client.post(
        page_of(document), {"do": "decide", "decision": "reject", "reason": "My own words"}
    ).content

    assert b"My own words" in html
    assert b"This document was already reviewed." in html
    assert b"Approved by a former colleague" in html


def test_it_says_what_is_known_of_the_person(staff_client):
    document = DocumentFactory(user__username="bob", sha256="a" * 64)
    DocumentFactory(user__username="eve", sha256="a" * 64)
    again = DocumentFactory(user=document.user, type="business")

    facts = {fact.title: fact.text for fact in staff_client.get(page_of(again)).context["facts"]}
    same = {fact.title: fact.text for fact in staff_client.get(page_of(document)).context["facts"]}

    assert facts == {"Earlier documents": "1 pending"}
    assert same == {"Earlier documents": "none", "The same file": "also sent by eve"}


def test_notes_that_are_written_often_are_rows(staff_client):
    page = staff_client.get(page_of(DocumentFactory()))

    assert page.context["presets"][1] == "The document has expired."
    Taxonomy.objects.filter(code="expired").update(is_active=False)
    assert "The document has expired." not in staff_client.get(page_of(DocumentFactory())).context["presets"]
