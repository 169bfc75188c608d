import pytest

from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import ConnectionFactory, UserFactory


@pytest.mark.parametrize(
    ("relation", "state", "status"),
    [
        ("sender", "pending", 204),
        ("receiver", "pending", 204),
        ("sender", "accepted", 204),
        ("receiver", "accepted", 204),
        ("sender", "rejected", 404),
        ("receiver", "rejected", 404),
        ("stranger", "pending", 404),
        ("stranger", "accepted", 404),
    ],
)
def test_either_side_may_end_what_was_not_refused(db, relation, state, status):
    connection = ConnectionFactory(status=state)
    person = {"sender": connection.sender, "receiver": connection.receiver, "stranger": UserFactory()}[relation]

    response = ApiClient(person).delete(f"/connections/{connection.pk}")

    assert response.status_code == status
    assert Connection.objects.exists() is (status == 404)


def test_it_has_no_body_and_works_once(alice, alice_client):
    connection = ConnectionFactory(sender=alice)

    first, second = (alice_client.delete(f"/connections/{connection.pk}") for _ in range(2))

    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["detail"]) == (404, "Not found.")


def test_an_inactive_persons_connection_is_not_found(alice, alice_client):
    connection = ConnectionFactory(sender=alice, receiver=UserFactory(is_active=False), accepted=True)

    assert alice_client.delete(f"/connections/{connection.pk}").status_code == 404


def test_a_connection_across_a_block_is_not_found(alice, alice_client):
    connection = ConnectionFactory(sender=alice, accepted=True)
    ApiClient(connection.receiver).post("/blocks", {"user_id": alice.pk})

    assert alice_client.delete(f"/connections/{connection.pk}").status_code == 404


def test_it_asks_who_is_calling(db):
    assert ApiClient().delete(f"/connections/{ConnectionFactory().pk}").status_code == 401


def test_a_withdrawn_request_takes_its_notification_along(alice, alice_client):
    bob = UserFactory()
    connection_id = alice_client.post("/connections/request", {"receiver_id": bob.pk}).json()["data"]["id"]

    alice_client.delete(f"/connections/{connection_id}")

    assert ApiClient(bob).get("/notifications").json()["data"] == []
