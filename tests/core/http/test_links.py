"""Links to private files: they name the row, the viewer and the hour."""

import time

import pytest
from django.core import signing

from apps.core.http.links import FileUrl, dump_stored, file_url, file_url_fields, with_file_urls
from apps.core.http.schemas import Out
from tests.client import ApiClient
from tests.factories import DocumentFactory, StaffFactory, UserFactory
from tests.links import link_to


@pytest.fixture
def document(alice):
    return DocumentFactory(user=alice)


def follow(url, client=None):
    return (client or ApiClient()).get(url.partition("/api/v1")[2])


def is_refused(response):
    body = response.json()
    return response.status_code == 401 and body["detail"] == "Invalid or expired token."


def test_it_opens_the_file_without_signing_in(document):
    response = follow(link_to(document))

    assert response.status_code == 200
    assert b"".join(response.streaming_content).startswith(b"%PDF")


def test_it_is_a_full_url(document, settings):
    settings.PUBLIC_URL = "https://infloo.example"

    assert link_to(document).startswith(f"https://infloo.example/api/v1/files/document/{document.pk}?sig=")


def test_it_opens_no_other_row(document, alice):
    other = DocumentFactory(user=alice, type="business")

    assert is_refused(follow(link_to(document).replace(f"/{document.pk}?", f"/{other.pk}?")))


def test_it_opens_no_other_kind(document, alice):
    assert is_refused(follow(file_url("story", document.pk, alice.pk).replace("/story/", "/document/")))


def test_it_shows_no_more_than_its_viewer_may_see(document):
    assert follow(file_url("document", document.pk, UserFactory().pk)).status_code == 404
    assert follow(file_url("document", document.pk, StaffFactory().pk)).status_code == 200


def test_it_ends_after_an_hour(document, monkeypatch):
    url = link_to(document)
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)

    assert is_refused(follow(url))


def test_it_dies_with_its_viewers_account(document, alice):
    url = link_to(document)
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert is_refused(follow(url))


@pytest.mark.parametrize("signature", ["", "x", "a:b:c", "%00", "é"])
def test_a_made_up_signature_is_refused(document, signature):
    assert is_refused(follow(f"/api/v1/files/document/{document.pk}?sig={signature}"))


def test_what_was_signed_for_another_purpose_is_refused(document, alice):
    foreign = signing.dumps(["document", document.pk, alice.pk], salt="something else")

    assert is_refused(follow(f"/api/v1/files/document/{document.pk}?sig={foreign}"))


def test_a_bad_signature_is_refused_even_from_its_owner(document, alice_client):
    assert is_refused(follow(f"/api/v1/files/document/{document.pk}?sig=x", alice_client))


class PartOut(Out):
    url: FileUrl
    name: str


class WholeOut(Out):
    cover: FileUrl | None
    parts: list[PartOut]
    best: PartOut | None
    lists: list[list[FileUrl]]
    text: str


def whole(viewer_id):
    return WholeOut(
        cover=file_url("event", 1, viewer_id),
        parts=[PartOut(url=file_url("story", number, viewer_id), name=TYPED) for number in (2, 3)],
        best=PartOut(url=TYPED, name="a"),
        lists=[[], [file_url("story", 4, viewer_id), TYPED]],
        text=TYPED,
    )


TYPED = "http://127.0.0.1:8000/api/v1/files/document/1?sig=x"


def test_only_what_a_schema_declares_is_signed_and_only_where_it_is_a_link_of_ours(db):
    stored = dump_stored(whole(viewer_id=1))
    shown = with_file_urls(stored, file_url_fields(WholeOut), 2)

    assert shown == whole(viewer_id=2).model_dump()
    assert stored == dump_stored(whole(viewer_id=3))


def test_nothing_is_signed_in_what_is_absent_or_was_stored_by_another_version():
    fields = file_url_fields(WholeOut)
    absent = {"cover": None, "parts": [], "best": None, "lists": [], "text": TYPED}
    signed_before = {"cover": TYPED, "parts": [{"url": TYPED}]}

    assert with_file_urls(absent, fields, 1) == absent
    assert with_file_urls(signed_before, fields, 1) == signed_before
