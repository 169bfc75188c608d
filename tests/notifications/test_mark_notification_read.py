from datetime import timedelta

import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import BlockFactory, NotificationFactory


def mark(client, notification, state="read"):
    return client.patch(f"/notifications/{notification.pk}/{state}")


def test_it_marks_one_as_read(alice, alice_client):
    row, other = NotificationFactory.create_batch(2, receiver=alice)

    response = mark(alice_client, row)

    data = response.json()["data"]
    row.refresh_from_db()
    other.refresh_from_db()
    assert response.status_code == 200
    assert set(data) == {"id", "is_read", "read_at"}
    assert (data["id"], data["is_read"]) == (row.pk, True)
    assert data["read_at"].endswith("Z")
    assert (row.is_read, other.is_read) == (True, False)
    assert row.updated_at > row.created_at


def test_it_marks_one_as_unread(alice, alice_client):
    row = NotificationFactory(receiver=alice, is_read=True, read_at=timezone.now())

    response = mark(alice_client, row, "unread")

    assert response.json()["data"] == {"id": row.pk, "is_read": False, "read_at": None}


def test_reading_again_keeps_the_first_time(alice, alice_client):
    row = NotificationFactory(receiver=alice)
    first = mark(alice_client, row).json()

    assert mark(alice_client, row).json() == first


def test_unread_twice_is_unread(alice, alice_client):
    row = NotificationFactory(receiver=alice)

    assert mark(alice_client, row, "unread").json()["data"]["is_read"] is False


@pytest.mark.parametrize("state", ["read", "unread"])
@pytest.mark.parametrize("whose", ["somebody else's", "expired", "from a blocked person"])
def test_what_is_not_ones_own_to_see_is_not_found(alice, alice_client, state, whose):
    row = NotificationFactory(is_read=state == "unread")
    if whose == "expired":
        row = NotificationFactory(receiver=alice, expires_at=timezone.now() - timedelta(minutes=1))
    if whose == "from a blocked person":
        row = NotificationFactory(receiver=alice, actor=BlockFactory(blocker=alice).blocked)
    before = row.is_read

    response = mark(alice_client, row, state)

    row.refresh_from_db()
    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")
    assert row.is_read is before


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30])
def test_an_unknown_one_is_not_found(alice_client, number):
    assert alice_client.patch(f"/notifications/{number}/read").status_code == 404


@pytest.mark.parametrize("state", ["read", "unread"])
def test_it_asks_who_is_calling(db, state):
    assert mark(ApiClient(), NotificationFactory(), state).status_code == 401
