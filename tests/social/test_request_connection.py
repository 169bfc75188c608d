from datetime import timedelta

import pytest
from constance.test import override_config
from django.utils import timezone

from apps.accounts.models import Block
from apps.core import site_settings
from apps.core.http import throttling
from apps.notifications.models import Notification
from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, UserFactory
from tests.races import together

URL = "/connections/request"
SENT = "Connection request already sent."
RECEIVED = "This user has already sent you a connection request."
CONNECTED = "You are already connected."


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def ask(client, person):
    return client.post(URL, {"receiver_id": person.pk})


def assert_refused(response, sentence, code):
    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "detail": sentence,
        "code": code,
        "status_code": 400,
        "details": {"non_field_errors": [sentence]},
    }


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def test_it_waits_for_the_other_side(alice, alice_client, bob):
    response = ask(alice_client, bob)

    connection = Connection.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "message": "Connection request sent successfully.",
        "data": {
            "id": connection.pk,
            "status": "pending",
            "sender": {"id": alice.pk, "username": "alice", "role": "influencer", "is_verified": False, "avatar": None},
            "receiver": {"id": bob.pk, "username": "bob", "role": "influencer", "is_verified": False, "avatar": None},
        },
    }


def test_the_receiver_is_told(alice, alice_client, bob):
    ask(alice_client, bob)

    (told,) = ApiClient(bob).get("/notifications").json()["data"]
    number = Connection.objects.get().pk
    assert (told["type"], told["code"], told["priority"]) == ("follow", "follow_request", "medium")
    assert (told["title"], told["message"]) == ("New follow request", "alice wants to follow you.")
    assert told["actor"]["id"] == alice.pk
    assert told["redirect"] == {"kind": "connection", "id": number, "url": f"/api/v1/connections/{number}"}
    assert not alice.notifications.exists()


@pytest.mark.parametrize("field", ["receiver_id", "receiver"])
@pytest.mark.parametrize("spell", [int, str])
def test_both_spellings_are_understood(alice_client, bob, field, spell):
    assert alice_client.post(URL, {field: spell(bob.pk)}).status_code == 201


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "receiver_id", "This field is required."),
        ({"receiver_id": None}, "receiver_id", "This field may not be null."),
        ({"receiver_id": "bob"}, "receiver_id", "A valid integer is required."),
        ({"receiver_id": 1.5}, "receiver_id", "A valid integer is required."),
        ({"receiver_id": True}, "receiver_id", "A valid integer is required."),
        ({"receiver_id": 0}, "receiver_id", "Ensure this value is greater than or equal to 1."),
        ({"receiver_id": 1, "status": "accepted"}, "status", "Unknown field."),
        ({"receiver_id": 1, "sender": 2}, "sender", "Unknown field."),
    ],
)
def test_wrong_bodies_are_named(alice_client, body, field, sentence):
    response = alice_client.post(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


def test_nobody_connects_with_themselves(alice, alice_client):
    assert_refused(ask(alice_client, alice), "You cannot connect with yourself.", "own_connection")


@pytest.mark.parametrize("who", ["unknown", "inactive", "who blocked her", "whom she blocked"])
def test_who_is_not_there_is_not_found(alice, alice_client, bob, who):
    if who == "unknown":
        bob.pk = 2**40
    elif who == "inactive":
        bob.is_active = False
        bob.save(update_fields=["is_active"])
    elif who == "who blocked her":
        BlockFactory(blocker=bob, blocked=alice)
    else:
        BlockFactory(blocker=alice, blocked=bob)

    response = ask(alice_client, bob)

    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("status", "by_alice", "sentence", "code"),
    [
        ("pending", True, SENT, "request_already_sent"),
        ("pending", False, RECEIVED, "request_already_received"),
        ("accepted", True, CONNECTED, "already_connected"),
        ("accepted", False, CONNECTED, "already_connected"),
    ],
)
def test_a_second_request_is_refused(alice, alice_client, bob, status, by_alice, sentence, code):
    sender, receiver = (alice, bob) if by_alice else (bob, alice)
    ConnectionFactory(sender=sender, receiver=receiver, status=status)

    assert_refused(ask(alice_client, bob), sentence, code)
    assert not Notification.objects.exists()


@pytest.mark.parametrize(("days", "status"), [(0, 400), (29, 400), (31, 201)])
def test_a_refused_sender_waits_thirty_days(alice, alice_client, bob, days, status):
    ConnectionFactory(sender=alice, receiver=bob, rejected=True, answered_at=days_ago(days))

    response = ask(alice_client, bob)

    assert response.status_code == status
    assert response.json().get("code") == (None if status == 201 else "request_cooldown")


@pytest.mark.parametrize(("patience", "status"), [(4, 201), (6, 400), (0, 201)])
def test_staff_set_the_waiting_time(alice, alice_client, bob, patience, status):
    ConnectionFactory(sender=alice, receiver=bob, rejected=True, answered_at=days_ago(5))

    with override_config(request_cooldown_days=patience):
        site_settings.read.cache_clear()
        assert ask(alice_client, bob).status_code == status


def test_asking_again_later_reopens_the_same_row(alice, alice_client, bob):
    before = ConnectionFactory(sender=alice, receiver=bob, rejected=True, answered_at=days_ago(31))

    ask(alice_client, bob)

    after = Connection.objects.get()
    assert (after.pk, after.sender, after.status, after.answered_at) == (before.pk, alice, "pending", None)
    assert bob.notifications.count() == 1


def test_who_refused_may_ask_at_once_which_turns_the_row_round(alice, alice_client, bob):
    before = ConnectionFactory(sender=bob, receiver=alice, rejected=True)

    response = ask(alice_client, bob)

    after = Connection.objects.get()
    assert response.json()["data"]["sender"]["id"] == alice.pk
    assert (after.pk, after.sender, after.receiver, after.status) == (before.pk, alice, bob, "pending")


def test_after_an_end_one_may_ask_anew(alice, alice_client, bob):
    connection = ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    ApiClient(bob).delete(f"/connections/{connection.pk}")

    assert ask(alice_client, bob).status_code == 201


def test_the_same_key_asks_once(alice_client, bob):
    first = alice_client.post(URL, {"receiver_id": bob.pk}, idempotency_key="one")

    again = alice_client.post(URL, {"receiver_id": bob.pk}, idempotency_key="one")

    assert (again.status_code, again.json()) == (201, first.json())
    assert bob.notifications.count() == 1


def test_it_is_throttled(alice_client, bob, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"connect": "1/hour"}
    throttling.limiter().storage.reset()
    ask(alice_client, bob)

    response = ask(alice_client, UserFactory())

    assert response.status_code == 429
    assert Connection.objects.count() == 1


def test_asking_and_withdrawing_in_turn_comes_to_an_end(alice, alice_client, bob, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"connect_again": "3/day"}
    throttling.limiter().storage.reset()

    for _ in range(3):
        number = ask(alice_client, bob).json()["data"]["id"]
        assert bob.notifications.count() == 1
        alice_client.delete(f"/connections/{number}")
    refused = ask(alice_client, bob)

    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) > 0
    assert not Connection.objects.exists()
    assert not bob.notifications.exists()
    assert ask(alice_client, UserFactory()).status_code == 201
    assert ask(ApiClient(bob), alice).status_code == 201


def test_a_request_that_is_refused_anyway_does_not_count(alice_client, bob, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"connect_again": "2/day"}
    throttling.limiter().storage.reset()

    number = ask(alice_client, bob).json()["data"]["id"]
    assert {ask(alice_client, bob).status_code for _ in range(3)} == {400}
    alice_client.delete(f"/connections/{number}")

    assert ask(alice_client, bob).status_code == 201


def test_it_asks_who_is_calling(bob):
    assert ask(ApiClient(), bob).status_code == 401


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_requests_from_both_sides_at_once_one_counts(alice, bob):
    alices, bobs = ApiClient(alice), ApiClient(bob)

    answers = together(lambda: ask(alices, bob), lambda: ask(bobs, alice))

    refused = next(answer for answer in answers if answer.status_code == 400)
    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert refused.json()["detail"] == RECEIVED
    assert Connection.objects.count() == Notification.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nothing_joins_two_people_when_a_block_comes_at_once(alice, bob):
    alices, bobs = ApiClient(alice), ApiClient(bob)

    for _ in range(5):
        asked, blocked = together(lambda: ask(alices, bob), lambda: bobs.post("/blocks", {"user_id": alice.pk}))
        assert (asked.status_code in (201, 404), blocked.status_code) == (True, 201)
        assert not Connection.objects.exists()
        Block.objects.all().delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_key_at_once_creates_once(alice, bob):
    clients = [ApiClient(alice) for _ in range(4)]

    answers = together(
        *[lambda client=client: client.post(URL, {"receiver_id": bob.pk}, idempotency_key="k") for client in clients]
    )

    made = [answer.json() for answer in answers if answer.status_code == 201]
    waiting = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert len(made) >= 1
    assert all(answer == made[0] for answer in made)
    assert waiting <= {"idempotency_in_progress"}
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert Connection.objects.count() == Notification.objects.count() == 1
