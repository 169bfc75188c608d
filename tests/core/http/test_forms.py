"""Forms, as browsers and other clients send them, and as they should not."""

import json
from typing import Any

import pytest

from apps.core.http.forms import PIECE
from apps.messaging.models import Message
from apps.notifications.models import Notification
from tests.asgi import exchange
from tests.client import PDF, ApiClient, image_file, pdf_file
from tests.factories import NotificationFactory, UserFactory

API = "/api/v1"
BROKEN = "The body is not a valid form."
UNREADABLE = "The form has characters that cannot be read: send UTF-8, or say how it is encoded."


def part(name: str, content: bytes, *, filename: str | None = None, headers: str = "") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    disposition += "" if filename is None else f'; filename="{filename}"'
    return f"--x\r\n{disposition}\r\n{headers}\r\n".encode() + content + b"\r\n"


END = b"--x--\r\n"


def send(client: ApiClient, method: str, path: str, body: bytes, *, charset: str = "") -> Any:
    said = f"; charset={charset}" if charset else ""
    return client.generic(method, API + path, body, f"multipart/form-data; boundary=x{said}")


def refusal(response: Any) -> tuple[int, str, list[str]]:
    body = response.json()
    return response.status_code, body["code"], body["details"]["non_field_errors"]


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.mark.parametrize(
    "ending",
    [
        b"",
        b"--x",
        b"--x\r\n",
        b"--x-",
        part("attachments", PDF, filename="a.pdf")[:-2],
        part("attachments", PDF, filename="a.pdf"),
        part("attachments", PDF * (PIECE // 20), filename="a.pdf"),
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.pdf"\r\n',
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.pdf"\r\n--x--\r\n',
        part("attachments", PDF, filename="résumé.pdf").replace("é".encode(), b"\xe9") + END,
        b"--x\r\nContent-Type: text/plain\r\n\r\nnameless\r\n--x--\r\n",
        part("attachments", b"JVBERi0=", filename="a.pdf", headers="Content-Transfer-Encoding: base64\r\n") + END,
    ],
)
def test_a_form_that_breaks_off_or_holds_a_broken_part_is_refused_whole(alice_client, bob, stored_files, ending):
    body = part("receiver_id", str(bob.pk).encode()) + part("content", b"See the file") + ending

    response = send(alice_client, "POST", "/chat", body)

    assert refusal(response) == (400, "parse_error", [BROKEN])
    assert not Message.objects.exists()
    assert stored_files() == []


def test_a_whole_form_is_read_with_what_comes_before_and_after(alice_client, bob):
    body = part("receiver_id", str(bob.pk).encode()) + part("attachments", PDF, filename="a.pdf") + END

    response = send(alice_client, "POST", "/chat", b"To whom it may concern\r\n" + body + b"Goodbye")

    assert response.json()["data"]["attachments"][0]["size"] == len(PDF)


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 5 * PIECE])
def test_a_file_comes_whole_however_large(alice_client, bob, size):
    content = PDF[:-6] + b"\r\n--\r\n-" * (size // 8) + PDF[-6:]
    body = part("receiver_id", str(bob.pk).encode()) + part("attachments", content, filename="a.pdf") + END

    response = send(alice_client, "POST", "/chat", body)

    (attachment,) = response.json()["data"]["attachments"]
    served = alice_client.get(f"/files/attachment/{attachment['id']}")
    assert b"".join(served.streaming_content) == content


def test_a_form_of_unknown_length_is_read():
    body = part("username", b"two words") + END

    answer = exchange("POST", f"{API}/users/auth/register", [body], content_type="multipart/form-data; boundary=x")

    assert json.loads(answer.body)["details"]["username"] == ["Enter a valid value."]


def test_a_file_input_that_was_left_empty_is_as_if_not_sent(db):
    client = ApiClient(UserFactory(role="brand"))
    empty = part("cover", b"", filename="", headers="Content-Type: application/octet-stream\r\n")
    event = part("title", b"Gala") + part("date", b"2099-01-01T10:00:00Z") + part("location", b"Berlin")

    made = send(client, "POST", "/events", event + empty + END)
    required = send(client, "PUT", "/users/profile/avatar", empty.replace(b"cover", b"file") + END)

    assert (made.status_code, made.json()["data"]["cover"]) == (201, None)
    assert required.json()["details"] == {"file": ["No file was submitted."]}


def test_one_empty_file_input_among_others_is_left_out(alice_client, bob):
    files = part("attachments", PDF, filename="a.pdf") + part("attachments", b"", filename="")

    response = send(alice_client, "POST", "/chat", part("receiver_id", str(bob.pk).encode()) + files + END)

    assert [file["name"] for file in response.json()["data"]["attachments"]] == ["a.pdf"]


def test_a_file_without_a_name_is_a_file(alice_client):
    response = send(alice_client, "PUT", "/users/profile/avatar", part("file", image_file().read(), filename="") + END)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('filename="a.pdf"', "a.pdf"),
        ('filename="Zürich.pdf"', "Zürich.pdf"),
        ("filename*=UTF-8''Z%C3%BCrich.pdf", "Zürich.pdf"),
        ("filename=\"a.pdf\"; filename*=UTF-8''b.pdf", "a.pdf"),
        ('filename="C:\\\\fotos\\\\a.pdf"', "a.pdf"),
        ('filename="../../a.pdf"', "a.pdf"),
        ('filename=".."', "file.pdf"),
    ],
)
def test_a_file_has_the_name_that_its_sender_gave_it(alice_client, bob, said, shown):
    file = f'--x\r\nContent-Disposition: form-data; name="attachments"; {said}\r\n\r\n'.encode() + PDF + b"\r\n"

    response = send(alice_client, "POST", "/chat", part("receiver_id", str(bob.pk).encode()) + file + END)

    assert [file["name"] for file in response.json()["data"]["attachments"]] == [shown]


def test_names_of_files_are_written_as_the_form_says(alice_client, bob):
    file = part("attachments", PDF, filename="Zürich.pdf").decode().encode("cp1252")

    body = part("receiver_id", str(bob.pk).encode()) + file + END
    response = send(alice_client, "POST", "/chat", body, charset="windows-1252")

    assert [file["name"] for file in response.json()["data"]["attachments"]] == ["Zürich.pdf"]


@pytest.mark.parametrize(
    ("encoding", "body", "content_type"),
    [
        ("utf-8", part("bio", "Zoë €".encode()) + END, "multipart/form-data; boundary=x"),
        (
            "cp1252",
            part("bio", "Zoë €".encode("cp1252")) + END,
            "multipart/form-data; boundary=x; charset=windows-1252",
        ),
        (
            "a part's own",
            part("bio", "Zoë €".encode("cp1252"), headers="Content-Type: text/plain; charset=windows-1252\r\n") + END,
            "multipart/form-data; boundary=x",
        ),
        (
            "a field's",
            part("bio", "Zoë €".encode("cp1252")) + part("_charset_", b"windows-1252") + END,
            "multipart/form-data; boundary=x",
        ),
        ("escaped", b"bio=Zo%C3%AB+%E2%82%AC", "application/x-www-form-urlencoded"),
        ("bare", "bio=Zoë+€".encode(), "application/x-www-form-urlencoded; charset=UTF-8"),
        ("escaped cp1252", b"bio=Zo%EB+%80", "application/x-www-form-urlencoded; charset=windows-1252"),
        ("said inside", b"bio=Zo%EB+%80&_charset_=windows-1252", "application/x-www-form-urlencoded"),
    ],
    ids=str,
)
def test_a_form_is_utf_8_or_says_otherwise(alice_client, encoding, body, content_type):
    response = alice_client.generic("PATCH", f"{API}/users/profile", body, content_type)

    assert response.json()["data"]["bio"] == "Zoë €"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (part("bio", b"Zo\xeb") + END, "multipart/form-data; boundary=x"),
        (part("bio", b"Zo\xeb") + END, "multipart/form-data; boundary=x; charset=utf-8"),
        (part("bio", b"Zoe") + END, "multipart/form-data; boundary=x; charset=klingon"),
        (part("bio", b"Zoe") + END, "multipart/form-data; boundary=x; charset=punycode"),
        (part("bio", b"Wm9l") + END, "multipart/form-data; boundary=x; charset=base64"),
        (part("bio", b"Zo\xeb") + part("_charset_", b"UTF-8") + END, "multipart/form-data; boundary=x"),
        (b"bio=Zo%EB", "application/x-www-form-urlencoded"),
        (b"bio=Zo\xeb", "application/x-www-form-urlencoded"),
        (b"bio=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"bio=Zoe", "application/x-www-form-urlencoded; charset=utf-7"),
    ],
)
def test_what_cannot_be_decoded_is_refused(alice_client, body, content_type):
    response = alice_client.generic("PATCH", f"{API}/users/profile", body, content_type)

    assert refusal(response) == (400, "parse_error", [UNREADABLE])


def test_a_form_is_read_as_strictly_where_a_cookie_signs_in(alice):
    browser = ApiClient()
    token = browser.get("/users/auth/csrf").json()["data"]["csrfToken"]
    login = {"email": "alice", "password": "Secret@123"}
    browser.post("/users/auth/jwt/create", login, x_csrftoken=token)

    body = part("name", b"plans") + part("participants", b"alice") + part("participants", b"nobody")
    answers = [
        browser.generic(
            "POST", f"{API}/chat/conversations", text, "multipart/form-data; boundary=x", headers={"X-CSRFToken": token}
        )
        for text in (body + END, body)
    ]

    assert answers[0].json()["details"] == {"participants": ["User not found."]}
    assert refusal(answers[1]) == (400, "parse_error", [BROKEN])


def test_objects_are_json_texts_and_lists_repeat_their_name(alice_client):
    form = {
        "social_links": '{"youtube": "https://youtube.com/@alice"}',
        "platforms": ['{"platform": "x", "handle": "a", "followers": 5}', '{"platform": "tiktok", "handle": "b"}'],
        "languages": ["de", "en"],
    }

    data = alice_client.patch("/users/profile", form=form).json()["data"]

    assert data["social_links"] == {"youtube": "https://youtube.com/@alice"}
    assert {(row["platform"], row["followers"]) for row in data["platforms"]} == {("x", 5), ("tiktok", 0)}
    assert data["languages"] == ["de", "en"]


def test_a_list_that_may_be_left_out_repeats_its_name_too(alice, alice_client):
    ids = [row.pk for row in NotificationFactory.create_batch(3, receiver=alice)]

    response = alice_client.post("/notifications/read", form={"ids": ids[:2]})

    assert response.json()["data"] == {"updated": 2}
    assert Notification.objects.filter(read_at=None).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "named", "sentence"),
    [
        ("social_links", "youtube", "social_links", "Expected an object."),
        ("social_links", "[]", "social_links", "Expected an object."),
        ("social_links", '{"youtube": "a\\u0000b"}', "social_links", "Null characters are not allowed."),
        ("platforms", "x", "platforms.0", "Expected an object."),
        ("platforms", '{"platform": "x"}', "platforms.0.handle", "This field is required."),
        ("bio", ["a", "b"], "bio", "Send this field once."),
    ],
)
def test_a_wrong_text_for_an_object_is_named(alice_client, field, value, named, sentence):
    response = alice_client.patch("/users/profile", form={field: value})

    assert response.json()["details"] == {named: [sentence]}


def test_a_form_holds_no_more_text_than_json(alice_client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert alice_client.patch("/users/profile", form={"bio": "x" * 400}).status_code == 200
    assert alice_client.patch("/users/profile", form={"bio": "x" * 400, "city": "x" * 601}).status_code == 413


def test_a_form_holds_no_more_files_than_django_allows(alice_client, bob, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3

    response = alice_client.post("/chat", form={"receiver_id": bob.pk, "attachments": [pdf_file() for _ in range(4)]})

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")
