import pytest

from apps.messaging.models import Message
from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.factories import ConversationFactory, MessageFactory, UserFactory
from tests.races import together

URL = "/chat/read"


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def unread_of(client):
    return [row["unread_count"] for row in client.get("/chat/conversations").json()["data"]]


def test_it_marks_what_one_received(alice, alice_client, bob):
    MessageFactory.create_batch(2, sender=bob, receiver=alice)
    own = MessageFactory(sender=alice, receiver=bob)

    response = alice_client.post(URL, {"user_id": bob.pk})

    assert (response.status_code, response.json()["data"]) == (200, {"updated": 2})
    assert unread_of(alice_client) == [0]
    own.refresh_from_db()
    assert not own.is_read
    shown = ApiClient(bob).get(f"/chat?user_id={alice.pk}").json()["data"]
    assert [row["is_read"] for row in shown] == [True, True, False]
    assert shown[0]["read_at"] is not None


def test_what_was_read_before_keeps_its_time(alice, alice_client, bob):
    message = MessageFactory(sender=bob, receiver=alice, read=True)

    assert alice_client.post(URL, {"user_id": bob.pk}).json()["data"] == {"updated": 0}
    assert Message.objects.get().read_at == message.read_at


def test_a_room_is_read_by_its_name(alice, alice_client, bob):
    room = ConversationFactory(name="plans", between=[alice, bob])
    MessageFactory(conversation=room, sender=bob, receiver=alice)
    MessageFactory(sender=bob, receiver=alice)

    assert alice_client.post(URL, {"name": "plans"}).json()["data"] == {"updated": 1}
    assert sorted(unread_of(alice_client)) == [0, 1]


def test_its_notification_counts_as_read_too(alice, alice_client, bob):
    ApiClient(bob).post("/chat", {"receiver_id": alice.pk, "content": "Hi"})

    alice_client.post(URL, {"user_id": bob.pk})

    told = Notification.objects.get(receiver=alice)
    assert told.is_read
    assert told.read_at is not None


def test_a_conversation_that_has_not_begun_has_nothing_to_read(alice_client, bob):
    assert alice_client.post(URL, {"user_id": bob.pk}).json()["data"] == {"updated": 0}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"user_id": 999999}, 404, "Not found."),
        ({"name": "plans"}, 404, "Room 'plans' does not exist."),
        ({}, 400, "Send either user_id or name."),
        ({"user_id": 1, "name": "plans"}, 400, "Send either user_id or name."),
    ],
)
def test_it_refuses_what_is_not_there(alice_client, body, status, detail):
    response = alice_client.post(URL, body)

    assert (response.status_code, response.json()["detail"]) == (status, detail)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_reading_and_new_messages_at_once_leave_a_true_count():
    alice, bob = UserFactory(), UserFactory()
    reader, writer = ApiClient(alice), ApiClient(bob)
    callers = [
        lambda: reader.post(URL, {"user_id": bob.pk}),
        lambda: writer.post("/chat", {"receiver_id": alice.pk, "content": "Hi"}),
    ]
    for _ in range(10):
        together(*callers * 3)

    (shown,) = unread_of(reader)
    assert shown == Message.objects.filter(receiver=alice, read_at=None).count()
    told = Notification.objects.filter(receiver=alice, kind__code="message_received", is_read=False).count()
    assert told == (1 if shown else 0)
