import pytest
from constance.test import override_config
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.dateparse import parse_datetime

from apps.core.reading.shapes import show_instance
from apps.messaging.models import Attachment, Conversation, Message
from apps.notifications.models import Notification
from apps.notifications.schemas import ResolvedOut
from tests.client import PDF, ApiClient, image_file, media_file, pdf_file
from tests.factories import BlockFactory, ConnectionFactory, UserFactory
from tests.races import together
from tests.samples import huge_png

URL = "/chat"


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def send(client, receiver, content="Hello", **more):
    return client.post(URL, {"receiver_id": receiver.pk, "content": content, **more})


def attach(client, receiver, *files, **fields):
    return client.post(URL, form={"receiver_id": receiver.pk, "attachments": list(files), **fields})


def test_it_answers_as_documented(alice, alice_client, bob):
    response = send(alice_client, bob, collaboration_id=7)

    assert response.status_code == 201
    assert response.json()["message"] == "Message sent."
    data = response.json()["data"]
    message = Message.objects.get()
    assert parse_datetime(data.pop("timestamp")) == message.timestamp
    assert data.pop("sender")["username"] == "alice"
    assert data.pop("receiver") == {
        "id": bob.pk,
        "username": "bob",
        "role": "influencer",
        "is_verified": False,
        "avatar": None,
    }
    assert data == {
        "id": message.pk,
        "conversation": message.conversation_id,
        "content": "Hello",
        "attachments": [],
        "is_read": False,
        "read_at": None,
        "edited_at": None,
        "collaboration_id": 7,
    }


def test_two_people_have_one_conversation_whoever_writes(alice, alice_client, bob):
    send(alice_client, bob)
    send(ApiClient(bob), alice)

    assert Conversation.objects.get().messages.count() == 2


@pytest.mark.parametrize("spelling", ["receiver_id", "receiver", "recipient_id"])
def test_the_receiver_may_be_spelt_otherwise(alice_client, bob, spelling):
    assert alice_client.post(URL, {spelling: bob.pk, "content": "Hi"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"content": "Hello"}, {"receiver_id": ["This field is required."]}),
        ({"receiver_id": None, "content": "Hello"}, {"receiver_id": ["This field may not be null."]}),
        ({"receiver_id": 999999, "content": "Hello"}, {"receiver_id": ["User not found."]}),
        ({"receiver_id": 999999}, {"content": ["Write something, or attach a file."]}),
        ({"receiver_id": 999999, "content": " \n "}, {"content": ["Write something, or attach a file."]}),
        (
            {"receiver_id": 1, "content": "x" * 5001},
            {"content": ["Ensure this field has no more than 5000 characters."]},
        ),
        ({"receiver_id": 1, "attachments": ["javascript:alert(1)"]}, {"attachments.0": ["Enter a valid URL."]}),
        ({"receiver_id": 1, "attachments": [7]}, {"attachments.0": ["Enter a valid URL."]}),
        (
            {"receiver_id": 1, "attachments": ["https://example.com"] * 6},
            {"attachments": ["Ensure this field has no more than 5 items."]},
        ),
    ],
)
def test_it_refuses_what_is_wrong(alice_client, body, details):
    response = alice_client.post(URL, body)

    assert (response.status_code, response.json()["details"]) == (400, details)
    assert not Conversation.objects.exists()


def test_nobody_writes_to_themselves(alice, alice_client):
    response = send(alice_client, alice)

    assert response.json()["details"] == {"receiver_id": ["You cannot write to yourself."]}


def test_who_blocked_the_sender_is_not_found(alice, alice_client, bob):
    BlockFactory(blocker=bob, blocked=alice)

    assert send(alice_client, bob).json()["details"] == {"receiver_id": ["User not found."]}


def test_who_is_blocked_by_the_sender_is_not_written_to(alice, alice_client, bob):
    BlockFactory(blocker=alice, blocked=bob)

    response = send(alice_client, bob)

    assert (response.status_code, response.json()["code"]) == (403, "blocked_by_you")


def test_who_is_not_there_is_not_found(alice_client):
    assert send(alice_client, UserFactory(is_active=False)).json()["details"] == {"receiver_id": ["User not found."]}


@pytest.mark.parametrize(("connected", "status"), [(True, 201), (False, 403)])
def test_a_site_may_ask_for_a_connection(alice, alice_client, bob, connected, status):
    ConnectionFactory(sender=bob, receiver=alice, accepted=connected)

    with override_config(chat_requires_connection=True):
        response = send(alice_client, bob)

    assert response.status_code == status
    assert connected or response.json()["code"] == "connection_required"


def test_the_receiver_is_told(alice, alice_client, bob):
    send(alice_client, bob)

    told = Notification.objects.get(receiver=bob)
    assert (told.title, told.message) == ("You have a new message", "Influencer Alice sent you a message")
    assert show_instance(told, ResolvedOut)["redirect"] == {
        "kind": "message",
        "id": Conversation.objects.get().pk,
        "url": f"/api/v1/chat?user_id={alice.pk}",
    }


def test_a_conversation_has_one_unread_notification_which_is_refreshed(alice_client, bob):
    send(alice_client, bob)
    first = Notification.objects.get(receiver=bob)

    send(alice_client, bob)

    told = Notification.objects.get(receiver=bob)
    assert (told.pk, told.created_at) == (first.pk, first.created_at)
    assert told.updated_at > first.updated_at


def test_after_it_was_read_a_new_one_comes(alice_client, bob):
    send(alice_client, bob)
    ApiClient(bob).post("/notifications/read")

    send(alice_client, bob)

    assert list(Notification.objects.filter(receiver=bob).order_by("pk").values_list("is_read", flat=True)) == [
        True,
        False,
    ]


def test_links_are_kept_and_never_fetched(alice_client, bob):
    link = "https://example.s3.amazonaws.com/portfolio.pdf"

    data = send(alice_client, bob, attachments=[link]).json()["data"]

    assert data["attachments"] == [
        {"id": Attachment.objects.get().pk, "url": link, "name": None, "content_type": None, "size": None}
    ]


def test_files_are_attached(alice_client, bob):
    response = attach(alice_client, bob, pdf_file(), media_file("clip.mp4"), image_file("JPEG"))

    assert response.status_code == 201, response.content
    shown = response.json()["data"]["attachments"]
    assert [(row["name"], row["content_type"]) for row in shown] == [
        ("licence.pdf", "application/pdf"),
        ("clip.mp4", "video/mp4"),
        ("picture.jpg", "image/jpeg"),
    ]
    assert shown[0]["size"] == len(PDF)
    assert response.json()["data"]["content"] == ""


def test_pictures_lose_where_they_were_taken(alice_client, bob, stored_files):
    picture = image_file("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0SECRET-PLACE")

    attach(alice_client, bob, picture)

    (file,) = stored_files()
    assert b"SECRET-PLACE" in picture.file.getvalue()
    assert b"SECRET-PLACE" not in file.read_bytes()
    assert file.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\me\\holiday.png", "holiday.png"),
        ("invoice.pdf.exe", "invoice.pdf.png"),
        ("a<b>|*\u202egpj.exe", "abgpj.png"),
        ("夏の写真.jpeg", "夏の写真.png"),
        ("x" * 300 + ".png", "x" * 100 + ".png"),
        (".png", ".png.png"),
    ],
)
def test_a_name_is_only_for_showing(alice_client, bob, name, shown):
    picture = SimpleUploadedFile("picture", image_file().read())
    picture._name = name

    (row,) = attach(alice_client, bob, picture).json()["data"]["attachments"]

    assert row["name"] == shown
    assert "/" not in Attachment.objects.get().file.name.removeprefix("attachments/")


def bad_files():
    whole, film = image_file(size=(400, 400)).read(), media_file("clip.mp4").read()
    return {
        "html": (b"<html><script>alert(1)</script></html>", 400),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 400),
        "text": ("größer".encode("latin-1"), 400),
        "program": (b"MZ" + bytes(200), 400),
        "empty": (b"", 400),
        "half a picture": (whole[: len(whole) // 2], 400),
        "half a film": (film[: len(film) // 2], 400),
        "half a pdf": (b"%PDF-1.4\n1 0 obj", 400),
        "too many pixels": (huge_png(20_000), 400),
        "too large": (PDF + bytes(20 * 1024 * 1024), 413),
    }


@pytest.mark.parametrize("name", bad_files())
def test_bad_files_leave_nothing_behind(alice_client, bob, stored_files, name):
    content, status = bad_files()[name]
    good, bad = image_file(), SimpleUploadedFile("holiday.png", content)

    response = attach(alice_client, bob, good, bad, content="Look")

    assert response.status_code == status
    assert status != 400 or response.json()["details"].keys() == {"attachments"}
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()
    assert not Notification.objects.filter(receiver=bob).exists()
    assert stored_files() == []


def test_five_files_are_enough(alice_client, bob, stored_files):
    response = attach(alice_client, bob, *(pdf_file() for _ in range(6)))

    assert response.json()["details"] == {"attachments": ["Ensure this field has no more than 5 items."]}
    assert stored_files() == []


def test_a_repeated_message_is_sent_once(alice_client, bob, stored_files):
    form = {"receiver_id": bob.pk, "attachments": [pdf_file()]}
    first = alice_client.post(URL, form=form, idempotency_key="a")
    form["attachments"][0].seek(0)

    again = alice_client.post(URL, form=form, idempotency_key="a")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["data"]["id"] == first.json()["data"]["id"] == Message.objects.get().pk
    assert len(stored_files()) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_first_messages_at_once_begin_one_conversation():
    alice, bob = UserFactory(), UserFactory()
    clients = [(ApiClient(alice), bob), (ApiClient(bob), alice)] * 5

    answers = together(*(lambda client=client, to=to: send(client, to) for client, to in clients))

    assert {answer.status_code for answer in answers} == {201}
    assert Conversation.objects.get().messages.count() == 10
    for person in (alice, bob):
        assert Notification.objects.filter(receiver=person, kind__code="message_received").count() == 1
