"""What belongs to one person alone is in nobody else's answers."""

import pytest

from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, NotificationFactory, UserFactory

SECRETS = ("bob-secret@example.com", "4917012345678", "Europe/Berlin", "md5$", "Bearer", "eyJ")
PRIVATE_NAMES = {
    "email",
    "phone",
    "password",
    "timezone",
    "plan",
    "deletion_due_at",
    "last_login",
    "email_verified",
    "is_staff",
}


def names_in(value):
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    return set()


@pytest.mark.parametrize(
    "path",
    [
        *("/users", "/users?search=bob", "/users?search=bob-secret", "/users/profile/bob", "/connections"),
        *("/connections/mutual/{carol}", "/connections/mutual/{bob}", "/blocks", "/notifications"),
    ],
)
def test_nothing_of_anothers_is_told(alice, alice_client, path):
    bob = UserFactory(
        username="bob",
        email="bob-secret@example.com",
        profile__phone="+4917012345678",
        profile__timezone="Europe/Berlin",
    )
    carol = UserFactory(username="carol")
    for sender, receiver in ((bob, alice), (bob, carol), (carol, alice)):
        ConnectionFactory(sender=sender, receiver=receiver, accepted=True)
    NotificationFactory(receiver=alice, actor=bob, code="follow_request")
    BlockFactory(blocker=alice)

    answer = alice_client.get(path.format(bob=bob.pk, carol=carol.pk))

    assert answer.status_code == 200
    assert not names_in(answer.json()) & PRIVATE_NAMES
    assert not [secret for secret in SECRETS if secret in answer.text]


def test_ones_own_profile_holds_no_password(alice_client):
    answer = alice_client.get("/users/profile")

    assert "md5$" not in answer.text
    assert "password" not in names_in(answer.json())


def test_what_asking_answers_tells_nothing_either(alice_client):
    bob = UserFactory()

    answer = alice_client.post("/connections/request", {"receiver_id": bob.pk})
    blocked = ApiClient(bob).post("/blocks", {"user_id": answer.json()["data"]["sender"]["id"]})

    for body in (answer.json(), blocked.json()):
        assert not names_in(body) & PRIVATE_NAMES
