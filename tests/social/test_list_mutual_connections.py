import pytest

from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, UserFactory


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def befriend(one, other, **state):
    return ConnectionFactory(sender=one, receiver=other, **(state or {"accepted": True}))


def mutual(client, person, query=""):
    response = client.get(f"/connections/mutual/{person.pk}?{query}")
    assert response.status_code == 200
    return [friend["username"] for friend in response.json()["data"]]


def test_it_lists_whom_both_know(alice, alice_client, bob):
    carol, dave = UserFactory(username="carol", role="brand"), UserFactory(username="dave")
    befriend(alice, carol)
    befriend(carol, bob)
    befriend(dave, alice)
    befriend(bob, dave)

    body = alice_client.get(f"/connections/mutual/{bob.pk}").json()

    assert body["data"][0] == {
        "id": carol.pk,
        "username": "carol",
        "role": "brand",
        "is_verified": False,
        "avatar": None,
    }
    assert [friend["username"] for friend in body["data"]] == ["carol", "dave"]
    assert body["meta"]["total"] == 2
    assert mutual(ApiClient(bob), alice) == ["carol", "dave"]


@pytest.mark.parametrize("state", ["pending", "rejected"])
def test_only_accepted_connections_count(alice, alice_client, bob, state):
    carol = UserFactory()
    befriend(alice, carol)
    befriend(carol, bob, status=state)

    assert mutual(alice_client, bob) == []


def test_the_two_themselves_are_not_among_them(alice, alice_client, bob):
    befriend(alice, bob)

    assert mutual(alice_client, bob) == []


@pytest.mark.parametrize("how", ["blocks alice", "blocked by alice", "inactive"])
def test_a_friend_whom_one_may_not_see_is_left_out(alice, alice_client, bob, how):
    carol = UserFactory(is_active=how != "inactive")
    befriend(alice, carol)
    befriend(carol, bob)
    if how == "blocks alice":
        ApiClient(carol).post("/blocks", {"user_id": alice.pk})
    if how == "blocked by alice":
        alice_client.post("/blocks", {"user_id": carol.pk})

    assert mutual(alice_client, bob) == []


@pytest.mark.parametrize("how", ["blocks alice", "blocked by alice", "inactive", "unknown"])
def test_with_somebody_who_is_not_there_it_is_not_found(alice, alice_client, bob, how):
    if how == "blocks alice":
        BlockFactory(blocker=bob, blocked=alice)
    if how == "blocked by alice":
        BlockFactory(blocker=alice, blocked=bob)
    if how == "inactive":
        bob.is_active = False
        bob.save(update_fields=["is_active"])
    number = 999_999 if how == "unknown" else bob.pk

    assert alice_client.get(f"/connections/mutual/{number}").status_code == 404


def test_it_comes_in_pages(alice, alice_client, bob):
    for friend in UserFactory.create_batch(3):
        befriend(alice, friend)
        befriend(friend, bob)

    assert len(mutual(alice_client, bob, "limit=2")) == 2
    assert len(mutual(alice_client, bob, "limit=2&page=2")) == 1


def test_it_asks_who_is_calling(bob):
    assert ApiClient().get(f"/connections/mutual/{bob.pk}").status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, bob, django_assert_num_queries, count):
    for friend in UserFactory.create_batch(count):
        befriend(alice, friend)
        befriend(friend, bob)

    with django_assert_num_queries(4):  # who you are, the other, count, people
        assert len(mutual(alice_client, bob, "limit=100")) == count
