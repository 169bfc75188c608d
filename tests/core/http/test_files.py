"""Stored files, sent in pieces and in ranges."""

import os

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient

from tests.asgi import exchange
from tests.client import PDF, ApiClient, sign_in
from tests.factories import DocumentFactory

DATA = bytes(range(256)) * 1000  # 256,000 bytes: four pieces of 64 KiB


@pytest.fixture
def picture():
    """The path of a public file."""
    return default_storage.url(default_storage.save("pictures/one.webp", ContentFile(DATA))).removeprefix(
        "http://127.0.0.1:8000"
    )


@pytest.fixture
def document(alice):
    return DocumentFactory(user=alice)


def private(document):
    return f"/files/document/{document.pk}"


def content(response):
    return b"".join(response.streaming_content)


def test_a_private_file_is_for_this_site_and_for_now(alice_client, document):
    response = alice_client.get(private(document))

    assert content(response) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(PDF))
    assert response["Content-Disposition"] == f'inline; filename="identity-{document.pk}.pdf"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Accept-Ranges"] == "bytes"


def test_a_private_file_that_is_gone_is_not_found(alice_client, document):
    os.remove(document.file.path)

    response = alice_client.get(private(document))

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_a_private_file_has_no_public_path(client, document):
    for path in (f"/media/{document.file.name}", f"/media/../private/{document.file.name}"):
        assert client.get(path).status_code in (400, 404)


def test_a_public_file_may_be_kept_for_ever(client, picture):
    response = client.get(picture)

    assert content(response) == DATA
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["nothing.webp", "pictures", "pictures/", "%00", "a%00b.webp", "..%2f..%2fx", "a" * 900]
)
def test_there_is_nothing_else_to_fetch(client, picture, path):
    assert client.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 256_000),
        ("bytes=-50", 255_950, 256_000),
        ("bytes=-999999", 0, 256_000),
        ("bytes=255999-", 255_999, 256_000),
        ("bytes=0-999999", 0, 256_000),
        ("bytes= 5 - 9 ", 5, 10),
        ("bytes=65530-65545", 65_530, 65_546),
    ],
)
def test_a_range_is_what_was_asked_for(client, picture, asked, start, end):
    response = client.get(picture, headers={"Range": asked})

    assert response.status_code == 206
    assert content(response) == DATA[start:end]
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/256000"
    assert response["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=-0", "bytes=9-5", "bytes=999999999999999999-"])
def test_a_range_outside_the_file_is_416(client, picture, asked):
    response = client.get(picture, headers={"Range": asked})

    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */256000"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-9", "bytes=-", "bytes=x-y", "items=0-9", "0-9", "bytes=" + "9" * 19 + "-", "bytes=٣-"]
)
def test_a_range_it_does_not_know_is_the_whole_file(client, picture, asked):
    response = client.get(picture, headers={"Range": asked})

    assert response.status_code == 200
    assert content(response) == DATA


def test_an_empty_file_is_sent_too(client):
    default_storage.save("empty.webp", ContentFile(b""))

    response = client.get("/media/empty.webp")

    assert (content(response), response["Content-Length"]) == (b"", "0")
    assert client.get("/media/empty.webp", headers={"Range": "bytes=0-"}).status_code == 416


def test_an_asynchronous_server_sends_it_in_pieces(picture):
    answer = exchange("GET", picture)

    assert answer.status == 200
    assert answer.body == DATA
    assert [len(part) for part in answer.parts] == [65_536, 65_536, 65_536, 59_392]


def test_an_asynchronous_server_sends_ranges_too(picture):
    answer = exchange("GET", picture, range="bytes=65530-65545")

    assert (answer.status, answer.body) == (206, DATA[65_530:65_546])


def test_an_asynchronous_server_reads_private_files_piece_by_piece(alice, document):
    document.file.save("big", ContentFile(DATA))
    headers = {"Authorization": f"Bearer {sign_in(alice).access}"}

    async def sizes():
        response = await AsyncClient().get(f"/api/v1{private(document)}", headers=headers)
        return [len(part) async for part in response.streaming_content]

    assert async_to_sync(sizes)() == [65_536, 65_536, 65_536, 59_392]


def test_head_tells_the_length_and_reads_nothing(alice_client, document):
    response = alice_client.call("HEAD", private(document))

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(PDF))


def test_head_takes_no_range(client, alice_client, picture, document):
    public = client.head(picture, headers={"Range": "bytes=0-9"})
    private_ = alice_client.call("HEAD", private(document), range="bytes=0-9")

    assert (public.status_code, public["Content-Length"], public.content) == (200, "256000", b"")
    assert (private_.status_code, private_["Content-Length"], private_.content) == (200, str(len(PDF)), b"")
    assert "Content-Range" not in public
    assert "Content-Range" not in private_


@pytest.mark.parametrize(
    ("if_range", "status"),
    [("{}", 206), (" {} ", 206), ("W/{}", 200), ('"x"', 200), ("x", 200), ("Sat, 29 Oct 1994 19:43:31 GMT", 200)],
)
def test_a_range_is_only_of_the_file_that_is_meant(client, picture, if_range, status):
    etag = client.get(picture)["ETag"]

    response = client.get(picture, headers={"Range": "bytes=0-9", "If-Range": if_range.format(etag)})

    assert response.status_code == status
    assert content(response) == (DATA[:10] if status == 206 else DATA)


def test_without_a_range_if_range_says_nothing(client, picture):
    assert client.get(picture, headers={"If-Range": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [("{}", 304), ("W/{}", 304), ('"x", W/{} , "y"', 304), ("*", 304), ('"x"', 200), ("{}x", 200), ("x{}", 200)],
)
def test_what_the_caller_has_is_not_sent_again(client, picture, if_none_match, status):
    etag = client.get(picture)["ETag"]

    response = client.get(picture, headers={"If-None-Match": if_none_match.format(etag), "Range": "bytes=0-9"})

    assert response.status_code == (304 if status == 304 else 206)
    assert response["ETag"] == etag
    if status == 304:
        assert response.content == b""
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert not {"Content-Length", "Content-Type"} & response.headers.keys()


def test_a_private_file_that_the_caller_has_is_not_sent_again(alice_client, document):
    etag = alice_client.get(private(document))["ETag"]

    for method in ("GET", "HEAD"):
        response = alice_client.call(method, private(document), if_none_match=f"W/{etag}")
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
        assert response["Cache-Control"] == "private, no-cache"
        assert not {"Content-Length", "Content-Type"} & response.headers.keys()
    assert ApiClient().get(private(document), if_none_match="*").status_code == 401


def test_another_file_has_another_etag(alice, alice_client, document):
    other = DocumentFactory(user=alice, type="business")

    assert alice_client.get(private(document))["ETag"] != alice_client.get(private(other))["ETag"]
