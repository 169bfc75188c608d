import pytest

from apps.notifications.models import Notification
from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import ConnectionFactory, UserFactory
from tests.races import together


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def asked(alice, bob):
    """Bob asked alice."""
    return ConnectionFactory(sender=bob, receiver=alice)


def answer(client, connection, status):
    return client.patch(f"/connections/{connection.pk}/action", {"status": status})


@pytest.mark.parametrize("status", ["accepted", "rejected", "ACCEPTED"])
def test_the_receiver_answers(alice_client, asked, status):
    response = answer(alice_client, asked, status)

    asked.refresh_from_db()
    assert response.status_code == 200
    assert response.json() == {
        "message": f"Request {status.lower()} successfully.",
        "data": {"status": status.lower()},
    }
    assert asked.status == status.lower()
    assert asked.answered_at is not None
    assert asked.updated_at > asked.created_at


def test_acceptance_is_told_to_the_sender(alice, alice_client, bob, asked):
    answer(alice_client, asked, "accepted")

    (told,) = ApiClient(bob).get("/notifications").json()["data"]
    assert (told["type"], told["code"], told["priority"]) == ("system", "follow_accepted", "medium")
    assert (told["title"], told["message"]) == ("Request accepted", "alice accepted your follow request.")
    assert told["actor"]["id"] == alice.pk
    assert told["redirect"] == {"kind": "profile", "id": alice.pk, "url": "/api/v1/users/profile/alice"}


def test_rejection_is_told_to_nobody(alice_client, asked):
    answer(alice_client, asked, "rejected")

    assert not Notification.objects.exists()


@pytest.mark.parametrize(("relation", "found"), [("receiver", True), ("sender", False), ("stranger", False)])
def test_only_the_receiver_may_answer(alice, bob, asked, relation, found):
    person = {"receiver": alice, "sender": bob, "stranger": UserFactory()}[relation]

    response = answer(ApiClient(person), asked, "accepted")

    assert response.status_code == (200 if found else 404)
    assert Connection.objects.get().status == ("accepted" if found else "pending")


@pytest.mark.parametrize("state", ["accepted", "rejected"])
@pytest.mark.parametrize("status", ["accepted", "rejected"])
def test_an_answered_request_stays_as_it_is(alice, alice_client, state, status):
    connection = ConnectionFactory(receiver=alice, **{state: True})

    response = answer(alice_client, connection, status)

    assert response.status_code == 400
    assert response.json()["code"] == "request_not_pending"
    assert response.json()["detail"] == "This request was already answered."
    assert Connection.objects.get().status == state
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "status", "This field is required."),
        ({"status": None}, "status", "This field may not be null."),
        ({"status": "pending"}, "status", '"pending" is not a valid choice.'),
        ({"status": "maybe"}, "status", '"maybe" is not a valid choice.'),
        ({"status": "accepted", "receiver": 1}, "receiver", "Unknown field."),
    ],
)
def test_wrong_bodies_are_named(alice_client, asked, body, field, sentence):
    response = alice_client.patch(f"/connections/{asked.pk}/action", body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30])
def test_an_unknown_request_is_not_found(alice_client, number):
    response = alice_client.patch(f"/connections/{number}/action", {"status": "accepted"})

    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")


def test_a_request_of_an_inactive_person_is_not_found(alice_client, bob, asked):
    bob.is_active = False
    bob.save(update_fields=["is_active"])

    assert answer(alice_client, asked, "accepted").status_code == 404


def test_a_request_across_a_block_is_not_found(alice, alice_client, bob, asked):
    ApiClient(bob).post("/blocks", {"user_id": alice.pk})

    assert answer(alice_client, asked, "accepted").status_code == 404


def test_it_asks_who_is_calling(asked):
    assert answer(ApiClient(), asked, "accepted").status_code == 401


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(alice, bob):
    clients = [ApiClient(alice), ApiClient(alice)]

    for _ in range(5):
        Connection.objects.all().delete()
        Notification.objects.all().delete()
        asked = ConnectionFactory(sender=bob, receiver=alice)
        answers = together(
            lambda asked=asked: answer(clients[0], asked, "accepted"),
            lambda asked=asked: answer(clients[1], asked, "rejected"),
        )
        winner = next(reply for reply in answers if reply.status_code == 200)
        asked.refresh_from_db()
        assert sorted(reply.status_code for reply in answers) == [200, 400]
        assert asked.status == winner.json()["data"]["status"]
        assert bob.notifications.count() == (asked.status == "accepted")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nothing_joins_two_people_when_a_block_comes_at_once(alice, bob):
    asked = ConnectionFactory(sender=bob, receiver=alice)
    alices, bobs = ApiClient(alice), ApiClient(bob)

    answered, blocked = together(
        lambda: answer(alices, asked, "accepted"), lambda: bobs.post("/blocks", {"user_id": alice.pk})
    )

    assert blocked.status_code == 201
    assert answered.status_code in (200, 400, 404)
    assert not Connection.objects.exists()
    assert ApiClient(bob).get("/notifications/unread-count").json()["data"] == {"unread_count": 0}
