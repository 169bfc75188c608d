from datetime import timedelta

import pytest
from django.utils import timezone

from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.factories import NotificationFactory, UserFactory


def mark(client, body=None, state="read"):
    return client.post(f"/notifications/{state}", body)


def read_ids():
    return set(Notification.objects.filter(is_read=True).values_list("pk", flat=True))


@pytest.mark.parametrize("body", [None, {}, {"ids": None}])
def test_without_ids_all_of_them_are_meant(alice, alice_client, body):
    mine = NotificationFactory.create_batch(3, receiver=alice)
    NotificationFactory()

    response = mark(alice_client, body)

    assert response.status_code == 200
    assert response.json() == {"message": "marked 3 notifications as read", "data": {"updated": 3}}
    assert read_ids() == {row.pk for row in mine}
    assert alice_client.get("/notifications/unread-count").json()["data"] == {"unread_count": 0}


def test_with_ids_only_those(alice, alice_client):
    one, two, three = NotificationFactory.create_batch(3, receiver=alice)

    response = mark(alice_client, {"ids": [one.pk, two.pk, two.pk, 10**9]})

    three.refresh_from_db()
    assert response.json() == {"message": "marked 2 notifications as read", "data": {"updated": 2}}
    assert not three.is_read


def test_no_ids_mean_none(alice, alice_client):
    NotificationFactory(receiver=alice)

    assert mark(alice_client, {"ids": []}).json()["data"] == {"updated": 0}


def test_only_what_changes_is_counted(alice, alice_client):
    then = timezone.now() - timedelta(days=1)
    old = NotificationFactory(receiver=alice, is_read=True, read_at=then)
    NotificationFactory(receiver=alice)

    response = mark(alice_client)

    old.refresh_from_db()
    assert response.json()["message"] == "marked 1 notifications as read"
    assert old.read_at == then


@pytest.mark.parametrize("state", ["read", "unread"])
def test_somebody_elses_are_left_alone(alice, alice_client, state):
    bobs = NotificationFactory(receiver=UserFactory(), is_read=state == "unread")

    response = mark(alice_client, {"ids": [bobs.pk]}, state)

    before = bobs.is_read
    bobs.refresh_from_db()
    assert response.json()["data"] == {"updated": 0}
    assert bobs.is_read is before


def test_they_can_be_unread_again(alice, alice_client):
    NotificationFactory.create_batch(2, receiver=alice, is_read=True, read_at=timezone.now())

    response = mark(alice_client, state="unread")

    assert response.json() == {"message": "marked 2 notifications as unread", "data": {"updated": 2}}
    assert not Notification.objects.exclude(is_read=False, read_at=None).exists()


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"ids": "all"}, "ids", "Expected a list of items."),
        ({"ids": ["x"]}, "ids.0", "A valid integer is required."),
        ({"ids": [1, None]}, "ids.1", "This field may not be null."),
        ({"ids": [0]}, "ids.0", "Ensure this value is greater than or equal to 1."),
        ({"ids": [1] * 1001}, "ids", "Ensure this field has no more than 1000 items."),
        ({"everything": True}, "everything", "Unknown field."),
    ],
)
def test_wrong_bodies_are_named(alice_client, body, field, sentence):
    response = mark(alice_client, body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


@pytest.mark.parametrize("state", ["read", "unread"])
def test_it_asks_who_is_calling(db, state):
    assert mark(ApiClient(), state=state).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    rows = NotificationFactory.create_batch(count, receiver=alice)

    with django_assert_num_queries(2):  # who you are, the update
        mark(alice_client, {"ids": [row.pk for row in rows]})
