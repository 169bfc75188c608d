from datetime import timedelta

import pytest
from django.utils import timezone

from apps.messaging.models import Conversation
from tests.client import ApiClient
from tests.factories import BlockFactory, ConversationFactory, MessageFactory, UserFactory

URL = "/chat/conversations"


def talk(sender, receiver, minutes_ago=0, **fields):
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    message = MessageFactory(sender=sender, receiver=receiver, timestamp=moment, **fields)
    Conversation.objects.filter(pk=message.conversation_id).update(updated_at=moment)
    return message


def test_the_newest_comes_first_with_its_last_message(alice, alice_client):
    bob, carol = UserFactory(username="bob"), UserFactory(username="carol")
    talk(alice, carol, 3, content="old")
    newest = talk(bob, alice, 1, content="new")
    ConversationFactory(name="room", between=[alice, bob])

    rows = alice_client.get(URL).json()["data"]

    assert [(row["name"], row["other_user"]["username"], row["last_message"]) for row in rows] == [
        ("room", "bob", None),
        (None, "bob", "new"),
        (None, "carol", "old"),
    ]
    assert rows[0]["last_message_at"] is None
    assert rows[1]["last_message_at"] == newest.timestamp.isoformat().replace("+00:00", "Z")


def test_it_counts_what_one_has_not_read(alice, alice_client):
    bob = UserFactory()
    for _ in range(3):
        talk(bob, alice)
    talk(bob, alice, read=True)
    talk(alice, bob)

    assert alice_client.get(URL).json()["data"][0]["unread_count"] == 3
    assert ApiClient(bob).get(URL).json()["data"][0]["unread_count"] == 1


def test_it_leaves_out_others_and_who_is_hidden(alice, alice_client):
    talk(UserFactory(), UserFactory())
    talk(UserFactory(is_active=False), alice)
    BlockFactory(blocker=alice, blocked=talk(UserFactory(), alice).sender)
    BlockFactory(blocked=alice, blocker=talk(UserFactory(), alice).sender)

    assert alice_client.get(URL).json()["data"] == []


@pytest.mark.parametrize("count", [1, 10])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    for _ in range(count):
        talk(UserFactory(), alice)

    with django_assert_num_queries(3):  # who one is, how many, the conversations
        assert len(alice_client.get(URL).json()["data"]) == count
