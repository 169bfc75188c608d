from datetime import timedelta

import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import BlockFactory, NotificationFactory, UserFactory

URL = "/notifications/unread-count"


def count(client):
    return client.get(URL).json()["data"]["unread_count"]


def test_it_counts_ones_own_unread(alice, alice_client):
    NotificationFactory.create_batch(2, receiver=alice)
    NotificationFactory(receiver=alice, is_read=True)
    NotificationFactory()

    response = alice_client.get(URL)

    assert response.status_code == 200
    assert response.json() == {"message": "OK", "data": {"unread_count": 2}}


def test_nothing_is_zero(alice_client):
    assert count(alice_client) == 0


@pytest.mark.parametrize("why", ["expired", "blocked by alice", "blocks alice"])
def test_what_is_hidden_does_not_count(alice, alice_client, why):
    bob = UserFactory()
    ended = timezone.now() - timedelta(minutes=1) if why == "expired" else None
    NotificationFactory(receiver=alice, actor=bob, expires_at=ended)
    if why == "blocked by alice":
        BlockFactory(blocker=alice, blocked=bob)
    if why == "blocks alice":
        BlockFactory(blocker=bob, blocked=alice)

    assert count(alice_client) == 0


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


def test_it_costs_two_queries(alice, alice_client, django_assert_num_queries):
    NotificationFactory.create_batch(50, receiver=alice)

    with django_assert_num_queries(2):  # who you are, the count
        assert count(alice_client) == 50
