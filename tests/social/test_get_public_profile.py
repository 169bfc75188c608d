import pytest

from tests.accounts.test_get_profile import OWN_KEYS
from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, ProfilePlatformFactory, UserFactory

PRIVATE_KEYS = {"email", "phone", "email_verified", "timezone", "plan", "deletion_due_at", "last_login"}
PUBLIC_KEYS = OWN_KEYS - PRIVATE_KEYS | {"connection", "mutual_connections_count"}


@pytest.fixture
def bob(db):
    return UserFactory(username="bob", profile__phone="1234567890", profile__bio="Hello")


def get(client, username="bob"):
    return client.get(f"/users/profile/{username}")


def test_it_shows_all_but_what_is_private(alice_client, bob):
    response = get(alice_client)

    profile = response.json()["data"]
    assert response.status_code == 200
    assert set(profile) == PUBLIC_KEYS
    assert (profile["id"], profile["username"], profile["bio"]) == (bob.pk, "bob", "Hello")
    assert (profile["connection"], profile["mutual_connections_count"]) == (None, 0)


@pytest.mark.parametrize("username", ["bob", "BOB", "bob/"])
def test_the_name_is_found_in_any_case(alice_client, bob, username):
    assert get(alice_client, username).json()["data"]["id"] == bob.pk


@pytest.mark.parametrize(
    ("status", "asked_by_alice", "shown"),
    [
        ("pending", True, "pending_sent"),
        ("pending", False, "pending_received"),
        ("accepted", True, "accepted"),
        ("accepted", False, "accepted"),
        ("rejected", True, None),
        ("rejected", False, None),
    ],
)
def test_it_says_how_one_stands_with_them(alice, alice_client, bob, status, asked_by_alice, shown):
    sender, receiver = (alice, bob) if asked_by_alice else (bob, alice)
    ConnectionFactory(sender=sender, receiver=receiver, status=status)

    assert get(alice_client).json()["data"]["connection"] == shown


def test_somebody_elses_connection_is_not_shown(alice_client, bob):
    ConnectionFactory(receiver=bob, accepted=True)

    assert get(alice_client).json()["data"]["connection"] is None


def test_it_counts_mutual_connections(alice, alice_client, bob):
    one, two, blocker, gone = UserFactory(), UserFactory(), UserFactory(), UserFactory(is_active=False)
    for friend in (one, two, blocker, gone):
        ConnectionFactory(sender=alice, receiver=friend, accepted=True)
        ConnectionFactory(sender=friend, receiver=bob, accepted=True)
    ApiClient(blocker).post("/blocks", {"user_id": alice.pk})
    ConnectionFactory(sender=bob, accepted=True)
    ConnectionFactory(sender=alice, accepted=True)
    ConnectionFactory(sender=bob, receiver=ConnectionFactory(sender=alice).receiver, accepted=True)

    assert get(alice_client).json()["data"]["mutual_connections_count"] == 2


@pytest.mark.parametrize("by_alice", [True, False])
def test_a_blocked_pair_does_not_exist_for_each_other(alice, alice_client, bob, by_alice):
    BlockFactory(blocker=alice if by_alice else bob, blocked=bob if by_alice else alice)

    for client, name in ((alice_client, "bob"), (ApiClient(bob), "alice")):
        response = get(client, name)
        assert (response.status_code, response.json()["detail"]) == (404, "Not found.")


def test_an_inactive_person_does_not_exist(alice_client):
    UserFactory(username="gone", is_active=False)

    assert get(alice_client, "gone").status_code == 404


@pytest.mark.parametrize("username", ["nobody", "a" * 300, "%00", "b%2Fb", "b_b", "b%25"])
def test_an_unknown_name_is_not_found(alice_client, bob, username):
    assert get(alice_client, username).status_code in (400, 404)


def test_ones_own_is_shown_as_others_see_it(alice_client):
    profile = get(alice_client, "alice").json()["data"]

    assert set(profile) == PUBLIC_KEYS


def test_it_asks_who_is_calling(bob):
    assert get(ApiClient()).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, bob, django_assert_num_queries, count):
    ProfilePlatformFactory.create_batch(count, profile=bob.profile)
    for friend in UserFactory.create_batch(count):
        ConnectionFactory(sender=alice, receiver=friend, accepted=True)
        ConnectionFactory(sender=friend, receiver=bob, accepted=True)

    with django_assert_num_queries(2):  # who you are, their profile
        profile = get(alice_client).json()["data"]

    assert profile["mutual_connections_count"] == count
