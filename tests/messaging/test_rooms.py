import pytest
from constance.test import override_config

from apps.accounts.models import User
from apps.core.reading.shapes import show_instance
from apps.messaging.models import Conversation, Message
from apps.notifications.models import Notification
from apps.notifications.schemas import ResolvedOut
from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, ConversationFactory, MessageFactory, UserFactory

URL = "/chat/conversations"
EXACTLY_TWO = "Private room must have exactly 2 participants."


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def room(alice, bob):
    return ConversationFactory(name="plans", between=[alice, bob])


@pytest.mark.parametrize("spell", [lambda user: user.pk, lambda user: user.username.upper(), lambda user: user.email])
def test_it_opens_between_two_people(alice, alice_client, bob, spell):
    ConnectionFactory(sender=bob, receiver=alice, accepted=True)

    response = alice_client.post(URL, {"name": "plans", "participants": [spell(bob), spell(alice)]})

    assert response.status_code == 201
    data = response.json()["data"]
    assert data["name"] == "plans"
    assert [person["username"] for person in data["participants"]] == ["alice", "bob"]
    assert data["created_at"] <= data["updated_at"]
    assert "@" not in response.content.decode()


@pytest.mark.parametrize(
    ("participants", "sentence"),
    [
        ([], EXACTLY_TWO),
        (["alice"], EXACTLY_TWO),
        (["alice", "bob", "carol"], EXACTLY_TWO),
        (["alice", "alice@example.com"], EXACTLY_TWO),
        (["bob", "carol"], "You must be one of the participants."),
        (["alice", "nobody"], "User not found."),
        (["alice", 999999], "User not found."),
    ],
)
def test_it_refuses_other_participants(alice_client, bob, participants, sentence):
    UserFactory(username="carol")

    response = alice_client.post(URL, {"name": "plans", "participants": participants})

    assert (response.status_code, response.json()["details"]) == (400, {"participants": [sentence]})
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("participant", [True, 0, -1, 2**63, 1.5, None, {}, "x" * 255])
def test_it_refuses_what_names_nobody(alice_client, participant):
    response = alice_client.post(URL, {"name": "plans", "participants": ["alice", participant]})

    assert response.json()["details"] == {"participants.1": ["Enter an id, a username or an email address."]}


@pytest.mark.parametrize("name", ["ab", "x" * 51, "a room", "../x", "naïve"])
def test_it_refuses_other_names(alice_client, bob, name):
    response = alice_client.post(URL, {"name": name, "participants": ["alice", "bob"]})

    assert response.json()["details"].keys() == {"name"}


@pytest.mark.parametrize("relation", ["none", "pending", "rejected", "blocked by alice", "blocked by bob", "away"])
def test_the_address_of_a_stranger_finds_nobody(alice, alice_client, bob, relation):
    if relation in ("pending", "rejected"):
        ConnectionFactory(sender=bob, receiver=alice, status=relation)
    elif relation == "away":
        ConnectionFactory(sender=bob, receiver=alice, accepted=True)
        User.objects.filter(pk=bob.pk).update(is_active=False)
    elif relation != "none":
        BlockFactory(blocker=bob if "bob" in relation else alice, blocked=alice if "bob" in relation else bob)

    answers = [
        alice_client.post(URL, {"name": "plans", "participants": ["alice", address]})
        for address in (bob.email, "nobody@example.com")
    ]

    assert answers[0].json() == answers[1].json()
    assert (answers[0].status_code, answers[0].json()["details"]) == (400, {"participants": ["User not found."]})


@pytest.mark.parametrize("spelt", ["bob@BÜCHER.example", "BOB@xn--bcher-kva.example"])
def test_an_address_is_known_however_its_domain_is_spelt(alice, alice_client, spelt):
    bob = UserFactory(username="bob", email="bob@xn--bcher-kva.example")
    ConnectionFactory(sender=bob, receiver=alice, accepted=True)

    opened = alice_client.post(URL, {"name": "plans", "participants": ["alice", spelt]})
    own = ApiClient(bob).post(URL, {"name": "more", "participants": [spelt, "alice"]})

    assert (opened.status_code, own.status_code) == (201, 201)


def test_a_name_is_taken_once(alice_client, bob):
    MessageFactory()
    ConversationFactory(name="plans")

    response = alice_client.post(URL, {"name": "plans", "participants": ["alice", "bob"]})

    assert response.json()["details"] == {"name": ["Room name already exists."]}


@pytest.mark.parametrize(
    ("blocker", "status", "word"), [("alice", 403, "blocked_by_you"), ("bob", 400, "wrong_participants")]
)
def test_no_room_with_somebody_on_the_other_side_of_a_block(alice, alice_client, bob, blocker, status, word):
    people = {"alice": alice, "bob": bob}
    BlockFactory(blocker=people.pop(blocker), blocked=next(iter(people.values())))

    response = alice_client.post(URL, {"name": "plans", "participants": ["alice", "bob"]})

    assert (response.status_code, response.json()["code"]) == (status, word)


def test_one_writes_and_reads_in_it(alice, alice_client, bob, room):
    sent = alice_client.post(f"{URL}/plans/messages", {"content": "Here"})

    assert (sent.status_code, sent.json()["message"]) == (201, "Message sent.")
    (row,) = ApiClient(bob).get(f"{URL}/plans/messages").json()["data"]
    assert (row["content"], row["conversation"], row["receiver"]["username"]) == ("Here", room.pk, "bob")
    told = Notification.objects.get(receiver=bob)
    path = "/api/v1/chat/conversations/plans/messages"
    assert show_instance(told, ResolvedOut)["redirect"] == {"kind": "message", "id": room.pk, "url": path}


@pytest.mark.parametrize("who", ["outsider", "nobody wrote it", "blocked", "inactive"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_outsiders_know_of_no_room(alice, alice_client, bob, room, who, method):
    client, name = alice_client, "plans"
    if who == "outsider":
        client = ApiClient(UserFactory())
    elif who == "nobody wrote it":
        name = "other"
    elif who == "blocked":
        BlockFactory(blocker=bob, blocked=alice)
    elif who == "inactive":
        bob.is_active = False
        bob.save()

    response = client.call(method, f"{URL}/{name}/messages", {"content": "Hi"} if method == "POST" else None)

    assert (response.status_code, response.json()["detail"]) == (404, f"Room '{name}' does not exist.")
    assert not Message.objects.exists()


def test_writing_makes_no_room(alice_client, bob):
    alice_client.post(f"{URL}/plans/messages", {"content": "Hi"})

    assert not Conversation.objects.exists()


def test_a_room_too_may_need_a_connection(alice_client, bob, room):
    with override_config(chat_requires_connection=True):
        answers = [
            alice_client.post(URL, {"name": "other", "participants": ["alice", "bob"]}),
            alice_client.post(f"{URL}/plans/messages", {"content": "Hi"}),
        ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "connection_required")] * 2
