import hashlib
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import Document
from tests.client import PDF, ApiClient, image_file, pdf_file
from tests.factories import DocumentFactory, UserFactory
from tests.races import together

URL = "/users/verify"
PENDING = "You already have a pending document of this type."
NOT_ACCEPTED = "This type of file is not accepted. Accepted are: JPG, PDF, PNG, WEBP."
DAMAGED = "The file is damaged or incomplete."


def upload(client, file=None, **fields):
    return client.post(URL, form={"type": "identity", "file": file or pdf_file()} | fields)


def test_it_waits_for_review(alice, alice_client, stored_files):
    response = upload(alice_client, type="business")

    document = Document.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "message": "Document uploaded successfully.",
        "data": {"id": document.pk, "user": alice.pk, "type": "business", "status": "pending"},
    }
    assert (document.content_type, document.size) == ("application/pdf", len(PDF))
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert [path.read_bytes() for path in stored_files()] == [PDF]


def test_the_type_may_be_sent_as_doc_type_in_any_case(alice_client):
    response = alice_client.post(URL, form={"doc_type": "IDENTITY", "file": pdf_file()})

    assert response.json()["data"]["type"] == "identity"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_documents_too(alice_client, format):
    upload(alice_client, image_file(format))

    assert Document.objects.get().content_type == f"image/{format.lower()}"


def test_the_content_decides_not_the_name(alice_client):
    upload(alice_client, SimpleUploadedFile("../../licence.exe", PDF, "application/x-msdownload"))

    document = Document.objects.get()
    assert document.content_type == "application/pdf"
    folder, _, name = document.file.name.partition("/")
    assert (folder, name[-4:], uuid.UUID(name[:-4]).version) == ("documents", ".pdf", 4)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"hello", NOT_ACCEPTED),
        (b"MZ" + b"\0" * 200, NOT_ACCEPTED),
        (b"<html><script>alert(1)</script></html>", NOT_ACCEPTED),
        (PDF[:40], DAMAGED),
        (image_file().read()[:60], DAMAGED),
    ],
)
def test_what_is_no_document_leaves_neither_row_nor_file(alice_client, stored_files, content, sentence):
    response = upload(alice_client, SimpleUploadedFile("licence.pdf", content, "application/pdf"))

    assert response.status_code == 400
    assert response.json()["details"] == {"file": [sentence]}
    assert not Document.objects.exists()
    assert stored_files() == []


def test_a_file_too_large_is_413(alice_client, stored_files):
    big = PDF[:9] + b" " * (10 * 1024 * 1024) + PDF[9:]

    response = upload(alice_client, SimpleUploadedFile("licence.pdf", big, "application/pdf"))

    assert response.status_code == 413
    assert response.json()["detail"] == "The file is larger than 10 MB."
    assert stored_files() == []


@pytest.mark.parametrize(
    ("form", "details"),
    [
        ({}, {"type": ["This field is required."], "file": ["No file was submitted."]}),
        ({"type": "identity"}, {"file": ["No file was submitted."]}),
        ({"type": "identity", "file": "text"}, {"file": ["No file was submitted."]}),
        ({"type": "passport", "file": pdf_file}, {"type": ['"passport" is not a valid choice.']}),
        ({"type": "identity", "file": pdf_file, "status": "approved"}, {"status": ["Unknown field."]}),
        ({"type": "identity", "file": pdf_file, "user": "2"}, {"user": ["Unknown field."]}),
    ],
)
def test_wrong_forms_are_named(alice_client, stored_files, form, details):
    form = {name: value() if callable(value) else value for name, value in form.items()}

    response = alice_client.post(URL, form=form)

    assert response.status_code == 400
    assert response.json()["details"] == details
    assert stored_files() == []


def test_it_takes_no_json(alice_client):
    response = alice_client.post(URL, {"type": "identity", "file": "JVBERi0="})

    assert response.json()["details"] == {"file": ["No file was submitted."]}


def test_one_of_a_type_waits_at_a_time(alice, alice_client, stored_files):
    DocumentFactory(user=alice)
    before = stored_files()

    response = upload(alice_client)

    assert response.status_code == 400
    body = response.json()
    assert (body["error"], body["code"]) == ("Validation Error", "document_pending")
    assert body["details"] == {"type": [PENDING]}
    assert stored_files() == before


def test_another_type_may_wait_beside_it(alice, alice_client):
    DocumentFactory(user=alice)

    assert upload(alice_client, type="business").status_code == 201


@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_after_a_decision_one_may_upload_again(alice, alice_client, state):
    DocumentFactory(user=alice, **{state: True})

    assert upload(alice_client).status_code == 201


def test_somebody_elses_document_does_not_stand_in_the_way(alice_client):
    DocumentFactory(user=UserFactory())

    assert upload(alice_client).status_code == 201


def test_the_same_key_uploads_once(alice_client, stored_files):
    first = alice_client.post(URL, form={"type": "identity", "file": pdf_file()}, idempotency_key="one")

    again = alice_client.post(URL, form={"type": "identity", "file": pdf_file()}, idempotency_key="one")

    assert (again.status_code, again.json()) == (201, first.json())
    assert len(stored_files()) == 1


def test_it_asks_who_is_calling(db, stored_files):
    assert upload(ApiClient()).status_code == 401
    assert stored_files() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_kept(alice, stored_files):
    clients = [ApiClient(alice), ApiClient(alice)]

    answers = together(*[lambda client=client: upload(client) for client in clients])

    refused = next(answer for answer in answers if answer.status_code == 400)
    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert refused.json()["details"] == {"type": [PENDING]}
    assert Document.objects.count() == len(stored_files()) == 1
