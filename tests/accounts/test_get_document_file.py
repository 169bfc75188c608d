from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.http.links import file_url
from apps.core.models import AuditEntry
from tests.client import PDF, ApiClient
from tests.factories import DocumentFactory, StaffFactory, UserFactory
from tests.links import link_to


@pytest.fixture
def document(alice):
    return DocumentFactory(user=alice)


def read(response):
    """A file's answer with what was sent in `file`; unread, it would stay open."""
    response.file = b"".join(response.streaming_content) if response.streaming else None
    return response


def get(client, document, **headers):
    return read(client.get(f"/files/document/{document.pk}", **headers))


def open_link(link):
    parts = urlsplit(link)
    return read(Client().get(f"{parts.path}?{parts.query}"))


@pytest.mark.parametrize(
    ("relation", "status"),
    [("owner", 200), ("reviewer", 200), ("member", 404), ("staff without the permission", 404), ("nobody", 401)],
)
def test_who_may_open_it(alice, document, relation, status):
    people = {
        "owner": lambda: alice,
        "reviewer": StaffFactory,
        "member": UserFactory,
        "staff without the permission": lambda: UserFactory(is_staff=True, role="brand"),
        "nobody": lambda: None,
    }

    assert get(ApiClient(people[relation]()), document).status_code == status


def test_it_is_the_file_and_stays_private(alice_client, document):
    response = get(alice_client, document)

    assert response.file == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="identity-{document.pk}.pdf"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_part_of_it_can_be_read(alice_client, document):
    response = get(alice_client, document, range="bytes=0-4")

    assert response.status_code == 206
    assert response.file == b"%PDF-"
    assert response["Content-Range"] == f"bytes 0-4/{len(PDF)}"


def test_the_listed_link_works_by_itself(alice_client, document):
    link = alice_client.get("/users/verify").json()["data"][0]["file_url"]

    assert open_link(link).file == PDF


@pytest.mark.parametrize("spoil", [lambda link: link[:-3] + "abc", lambda link: link.partition("sig=")[0] + "sig="])
def test_a_spoilt_link_is_refused(document, spoil):
    response = open_link(spoil(link_to(document)))

    assert response.status_code == 401
    assert response.json()["detail"] == "Invalid or expired token."


def test_a_link_opens_its_own_document_only(alice, document):
    other = DocumentFactory(user=alice, type="business")
    signature = link_to(document).partition("?")[2]

    assert open_link(f"/api/v1/files/document/{other.pk}?{signature}").status_code == 401


def test_a_link_lasts_an_hour(document, monkeypatch):
    link = link_to(document)

    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)

    assert open_link(link).status_code == 401


def test_a_link_made_for_somebody_else_gives_what_they_may_see(document):
    stranger = UserFactory()

    assert open_link(file_url("document", document.pk, stranger.pk)).status_code == 404


def test_a_deactivated_persons_link_is_dead(alice, document):
    link = link_to(document)
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert open_link(link).status_code == 401


def test_a_staff_view_is_written_down(document):
    reviewer = StaffFactory()

    get(ApiClient(reviewer), document, x_request_id="look-1")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (reviewer, "document.viewed")
    assert (entry.target, entry.request_id) == (f"accounts.document:{document.pk}", "look-1")


def test_a_staff_view_by_link_is_written_down_too(document):
    reviewer = StaffFactory()

    open_link(file_url("document", document.pk, reviewer.pk))

    assert AuditEntry.objects.get().actor == reviewer


@pytest.mark.parametrize("who", ["owner", "stranger"])
def test_the_owners_view_and_a_refused_one_are_not(alice, document, who):
    get(ApiClient(alice if who == "owner" else UserFactory()), document)

    assert not AuditEntry.objects.exists()


def test_each_viewer_and_each_document_is_written_down(document):
    other = DocumentFactory()
    callers = [ApiClient(StaffFactory()), ApiClient(StaffFactory())]

    for caller in callers:
        get(caller, document)
        get(caller, other)

    assert AuditEntry.objects.values("actor", "target").distinct().count() == 4


def test_what_sends_nothing_is_no_view(document, stored_files):
    caller = ApiClient(StaffFactory())

    head = caller.call("HEAD", f"/files/document/{document.pk}")
    beyond = get(caller, document, range="bytes=9999-")
    stored_files()[0].unlink()
    lost = get(caller, document)

    assert (head.status_code, beyond.status_code, lost.status_code) == (200, 416, 404)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("path", ["{name}", "private/{name}", "../private/{name}", "%2e%2e/private/{name}"])
def test_it_is_nowhere_under_media(document, path):
    response = Client(raise_request_exception=False).get("/media/" + path.format(name=document.file.name))

    assert response.status_code in (400, 404)


def test_an_erased_file_is_not_found(alice_client, document):
    document.file.delete()

    assert get(alice_client, document).status_code == 404


def test_a_file_that_is_lost_is_not_found(alice_client, document, stored_files):
    stored_files()[0].unlink()

    assert get(alice_client, document).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30])
def test_an_unknown_document_is_not_found(alice_client, number):
    assert alice_client.get(f"/files/document/{number}").status_code == 404


def test_a_decided_document_can_still_be_opened(alice, alice_client):
    document = DocumentFactory(user=alice, approved=True, reviewed_at=timezone.now() - timedelta(days=10))

    assert get(alice_client, document).status_code == 200
