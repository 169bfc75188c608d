"""Links to private files: they name the row, the viewer and the hour."""

import time

import pytest
from django.core import signing

from apps.core.http.links import file_url, sign_anew
from tests.client import ApiClient
from tests.factories import DocumentFactory, StaffFactory, UserFactory


@pytest.fixture
def document(alice):
    return DocumentFactory(user=alice)


def follow(url, client=None):
    return (client or ApiClient()).get(url.partition("/api/v1")[2])


def is_refused(response):
    body = response.json()
    return response.status_code == 401 and body["detail"] == "Invalid or expired token."


def test_it_opens_the_file_without_signing_in(document):
    response = follow(document.file_url)

    assert response.status_code == 200
    assert b"".join(response.streaming_content).startswith(b"%PDF")


def test_it_is_a_full_url(document, settings):
    settings.PUBLIC_URL = "https://infloo.example"

    assert document.file_url.startswith(f"https://infloo.example/api/v1/files/document/{document.pk}?sig=")


def test_it_opens_no_other_row(document, alice):
    other = DocumentFactory(user=alice, type="business")

    assert is_refused(follow(document.file_url.replace(f"/{document.pk}?", f"/{other.pk}?")))


def test_it_opens_no_other_kind(document, alice):
    assert is_refused(follow(file_url("story", document.pk, alice.pk).replace("/story/", "/document/")))


def test_it_shows_no_more_than_its_viewer_may_see(document):
    assert follow(file_url("document", document.pk, UserFactory().pk)).status_code == 404
    assert follow(file_url("document", document.pk, StaffFactory().pk)).status_code == 200


def test_it_ends_after_an_hour(document, monkeypatch):
    url = document.file_url
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)

    assert is_refused(follow(url))


def test_it_dies_with_its_viewers_account(document, alice):
    url = document.file_url
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


def test_only_links_to_files_are_signed_anew():
    texts = ["https://elsewhere.example/api/v1/files/document/1?sig=x", "?sig=", "http://127.0.0.1:8000/media/a.webp"]

    assert sign_anew({"a": texts, "b": None, "c": 5}, 1) == {"a": texts, "b": None, "c": 5}


@pytest.mark.parametrize(
    "rest", ["x?sig=y", "a/1/2?sig=y", "a/b?sig=y", f"a/{'9' * 5000}?sig=y", "a/1?sig=y&b=c", "?sig="]
)
def test_a_text_that_only_begins_as_a_link_stays(rest):
    text = f"http://127.0.0.1:8000/api/v1/files/{rest}"

    assert sign_anew({"content": text}, 1) == {"content": text}
