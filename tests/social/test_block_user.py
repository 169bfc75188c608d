import pytest

from apps.accounts.models import Block
from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, NotificationFactory, UserFactory
from tests.races import together

URL = "/blocks"


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def block(client, person):
    return client.post(URL, {"user_id": person.pk})


def test_it_hides_a_person(alice, alice_client, bob):
    response = block(alice_client, bob)

    row = Block.objects.get()
    assert response.status_code == 201
    assert response.json()["message"] == "User blocked."
    assert response.json()["data"]["id"] == row.pk
    assert response.json()["data"]["user"]["username"] == "bob"
    assert (row.blocker, row.blocked) == (alice, bob)


@pytest.mark.parametrize("state", ["pending", "accepted"])
@pytest.mark.parametrize("by_alice", [True, False])
def test_it_ends_what_joined_them(alice, alice_client, bob, state, by_alice):
    sender, receiver = (alice, bob) if by_alice else (bob, alice)
    ConnectionFactory(sender=sender, receiver=receiver, status=state)
    elsewhere = ConnectionFactory(sender=bob, accepted=True)

    block(alice_client, bob)

    assert list(Connection.objects.all()) == [elsewhere]


def test_it_is_no_way_round_the_waiting_time_after_a_rejection(alice, alice_client, bob):
    ConnectionFactory(sender=alice, receiver=bob, rejected=True)

    block(alice_client, bob)
    hidden = alice_client.get("/connections").json()["data"]
    alice_client.delete(f"/blocks/{bob.pk}")
    again = alice_client.post("/connections/request", {"receiver_id": bob.pk})

    assert hidden == []
    assert (again.status_code, again.json()["code"]) == (400, "request_cooldown")


def test_twice_is_the_same_as_once(alice_client, bob):
    first, second = block(alice_client, bob), block(alice_client, bob)

    assert (second.status_code, second.json()) == (201, first.json())
    assert Block.objects.count() == 1


def test_nobody_blocks_themselves(alice, alice_client):
    response = block(alice_client, alice)

    assert response.status_code == 400
    assert response.json()["code"] == "own_block"
    assert response.json()["details"] == {"non_field_errors": ["You cannot block yourself."]}


@pytest.mark.parametrize("who", ["unknown", "inactive", "who blocked her"])
def test_who_is_not_there_is_not_found(alice, alice_client, bob, who):
    if who == "unknown":
        bob.pk = 2**40
    elif who == "inactive":
        bob.is_active = False
        bob.save(update_fields=["is_active"])
    else:
        BlockFactory(blocker=bob, blocked=alice)

    assert block(alice_client, bob).status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "user_id", "This field is required."),
        ({"user_id": "bob"}, "user_id", "A valid integer is required."),
        ({"user_id": 1, "until": "tomorrow"}, "until", "Unknown field."),
    ],
)
def test_wrong_bodies_are_named(alice_client, body, field, sentence):
    response = alice_client.post(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


def test_it_hides_the_two_from_each_other_everywhere(alice, alice_client, bob):
    carol, bobs = UserFactory(), ApiClient(bob)
    for one, other in ((alice, carol), (carol, bob), (alice, bob)):
        ConnectionFactory(sender=one, receiver=other, accepted=True)
    NotificationFactory(receiver=alice, actor=bob, code="follow_request")
    NotificationFactory(receiver=bob, actor=alice, code="follow_request")

    block(alice_client, bob)

    for client, other in ((alice_client, bob), (bobs, alice)):
        assert f'"{other.username}"' not in client.get("/users?limit=100").text
        assert client.get(f"/users/profile/{other.username}").status_code == 404
        assert f'"{other.username}"' not in client.get("/connections").text
        assert client.get(f"/connections/mutual/{other.pk}").status_code == 404
        assert client.get("/notifications").json()["data"] == []
        assert client.get("/notifications").json()["meta"]["unread_count"] == 0
        assert client.get("/notifications/unread-count").json()["data"] == {"unread_count": 0}
        assert client.post("/connections/request", {"receiver_id": other.pk}).status_code == 404


def test_the_same_key_blocks_once(alice_client, bob):
    first = alice_client.post(URL, {"user_id": bob.pk}, idempotency_key="one")

    again = alice_client.post(URL, {"user_id": bob.pk}, idempotency_key="one")

    assert (again.status_code, again.json()) == (201, first.json())


def test_it_asks_who_is_calling(bob):
    assert block(ApiClient(), bob).status_code == 401


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twice_at_once_makes_one_row(alice, bob):
    clients = [ApiClient(alice), ApiClient(alice)]

    answers = together(*[lambda client=client: block(client, bob) for client in clients])

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Block.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_both_may_block_each_other_at_once(alice, bob):
    alices, bobs = ApiClient(alice), ApiClient(bob)

    answers = together(lambda: block(alices, bob), lambda: block(bobs, alice))

    assert {answer.status_code for answer in answers} <= {201, 404}
    assert Block.objects.exists()
