import pytest

from tests.client import ApiClient
from tests.factories import ConnectionFactory, UserFactory

URL = "/connections"


def ids(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    return [row["id"] for row in response.json()["data"]]


def test_it_lists_ones_own_newest_first(alice, alice_client):
    bob = UserFactory(username="bob", role="brand", is_verified=True)
    sent = ConnectionFactory(sender=alice)
    received = ConnectionFactory(sender=bob, receiver=alice)
    ConnectionFactory()

    body = alice_client.get(URL).json()

    assert [row["id"] for row in body["data"]] == [received.pk, sent.pk]
    assert set(body["data"][0]) == {"id", "sender", "receiver", "status", "created_at", "updated_at"}
    assert body["data"][0]["status"] == "pending"
    assert body["data"][0]["sender"] == {
        "id": bob.pk,
        "username": "bob",
        "role": "brand",
        "is_verified": True,
        "avatar": None,
    }
    assert body["data"][0]["created_at"].endswith("Z")
    assert body["meta"] == {"total": 2, "page": 1, "limit": 20, "next": None, "previous": None}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"sent", "received", "accepted", "rejected"}),
        ("status=pending", {"sent", "received"}),
        ("status=ACCEPTED", {"accepted"}),
        ("status=rejected", {"rejected"}),
        ("direction=sent", {"sent", "accepted"}),
        ("direction=Received", {"received", "rejected"}),
        ("direction=sent&status=pending", {"sent"}),
    ],
)
def test_filters_narrow_it(alice, alice_client, query, names):
    rows = {
        "sent": ConnectionFactory(sender=alice),
        "received": ConnectionFactory(receiver=alice),
        "accepted": ConnectionFactory(sender=alice, accepted=True),
        "rejected": ConnectionFactory(receiver=alice, rejected=True),
    }

    assert set(ids(alice_client, query)) == {rows[name].pk for name in names}


@pytest.mark.parametrize(("name", "value"), [("status", "friends"), ("direction", "both")])
def test_wrong_filters_are_named(alice_client, name, value):
    response = alice_client.get(f"{URL}?{name}={value}")

    assert response.status_code == 400
    assert response.json()["details"] == {name: [f'"{value}" is not a valid choice.']}


def test_connections_with_inactive_people_are_hidden(alice, alice_client):
    gone = UserFactory(is_active=False)
    ConnectionFactory(sender=alice, receiver=gone, accepted=True)

    assert ids(alice_client) == []
    assert alice_client.get(URL).json()["meta"]["total"] == 0


@pytest.mark.parametrize("by_alice", [True, False])
def test_connections_across_a_block_are_hidden(alice, alice_client, by_alice):
    bob = UserFactory()
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    blocker, blocked = (alice, bob) if by_alice else (bob, alice)

    ApiClient(blocker).post("/blocks", {"user_id": blocked.pk})

    assert ids(alice_client) == []
    assert ids(ApiClient(bob)) == []


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    ConnectionFactory.create_batch(count, sender=alice)

    with django_assert_num_queries(3):  # who you are, count, connections
        assert len(ids(alice_client, "limit=100")) == count
