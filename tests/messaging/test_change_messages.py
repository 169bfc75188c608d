"""Editing and deleting."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.messaging.models import Conversation, Message
from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.factories import AttachmentFactory, BlockFactory, MessageFactory, StaffFactory, UserFactory


@pytest.fixture
def message(alice):
    return MessageFactory(sender=alice, receiver=UserFactory(username="bob"))


def test_its_sender_edits_it(alice_client, message):
    response = alice_client.patch(f"/chat/{message.pk}", {"content": "Hello, Bob"})

    assert response.status_code == 200
    message.refresh_from_db()
    assert message.content == response.json()["data"]["content"] == "Hello, Bob"
    assert response.json()["data"]["edited_at"] == message.edited_at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(("minutes", "status"), [(14.9, 200), (15.1, 403)])
def test_for_a_quarter_of_an_hour(alice_client, message, minutes, status):
    Message.objects.update(timestamp=timezone.now() - timedelta(minutes=minutes))

    response = alice_client.patch(f"/chat/{message.pk}", {"content": "Hello, Bob"})

    assert response.status_code == status
    assert status == 200 or response.json()["code"] == "edit_window_over"


@pytest.mark.parametrize(("has_file", "status"), [(True, 200), (False, 400)])
def test_a_text_is_emptied_only_where_there_is_a_file(alice_client, message, has_file, status):
    if has_file:
        AttachmentFactory(message=message)

    response = alice_client.patch(f"/chat/{message.pk}", {"content": ""})

    assert response.status_code == status
    assert Message.objects.get().content == ("" if has_file else "Hello")


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"content": "x"}), ("DELETE", None)])
@pytest.mark.parametrize(("who", "status"), [("receiver", 403), ("stranger", 404), ("staff", 404), ("blocked", 404)])
def test_nobody_else_changes_it(alice_client, alice, message, method, body, who, status):
    client = alice_client
    if who == "blocked":
        BlockFactory(blocker=message.receiver, blocked=alice)
    else:
        people = {"receiver": lambda: message.receiver, "stranger": UserFactory, "staff": StaffFactory}
        client = ApiClient(people[who]())

    assert client.call(method, f"/chat/{message.pk}", body).status_code == status
    assert Message.objects.get().content == "Hello"


def test_its_sender_deletes_it_with_its_files(alice_client, message, stored_files, django_capture_on_commit_callbacks):
    AttachmentFactory(message=message)
    assert len(stored_files()) == 1

    with django_capture_on_commit_callbacks(execute=True):
        response = alice_client.delete(f"/chat/{message.pk}")
        assert len(stored_files()) == 1

    assert (response.status_code, response.content) == (204, b"")
    assert not Message.objects.exists()
    assert stored_files() == []
    assert alice_client.delete(f"/chat/{message.pk}").status_code == 404


def test_the_conversation_falls_back_to_the_message_before(alice, alice_client, message):
    newest = MessageFactory(sender=alice, receiver=message.receiver, content="Oops")
    Conversation.objects.update(updated_at=newest.timestamp)

    alice_client.delete(f"/chat/{newest.pk}")

    (row,) = alice_client.get("/chat/conversations").json()["data"]
    assert row["last_message"] == "Hello"
    assert Conversation.objects.get().updated_at == message.timestamp


def test_nobody_is_told_of_what_is_gone(alice, alice_client):
    bob = UserFactory()
    sent = [alice_client.post("/chat", {"receiver_id": bob.pk, "content": "Hi"}).json()["data"]["id"] for _ in "ab"]

    alice_client.delete(f"/chat/{sent[0]}")
    assert Notification.objects.filter(receiver=bob).exists()
    alice_client.delete(f"/chat/{sent[1]}")

    assert not Notification.objects.filter(receiver=bob).exists()
