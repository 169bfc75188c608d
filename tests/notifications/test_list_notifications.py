from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import BlockFactory, NotificationFactory, UserFactory

URL = "/notifications"
KEYS = {
    *("id", "type", "code", "title", "message", "is_read", "read_at", "priority", "actor", "redirect"),
    *("created_at", "updated_at", "expires_at"),
}


def ids(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["data"]]


def follow(client, url):
    parts = urlsplit(url)
    return client.get(f"{parts.path.removeprefix('/api/v1')}?{parts.query}").json()


def test_it_lists_ones_own_newest_first(alice, alice_client):
    bob = UserFactory(username="bob")
    older = NotificationFactory(receiver=alice)
    newer = NotificationFactory(receiver=alice, actor=bob, code="follow_request", redirect_kind="connection")
    NotificationFactory()

    body = alice_client.get(URL).json()

    first = body["data"][0]
    assert [row["id"] for row in body["data"]] == [newer.pk, older.pk]
    assert body["message"] == "OK"
    assert body["meta"] == {"limit": 20, "has_more": False, "next": None, "unread_count": 2}
    assert set(first) == KEYS
    assert (first["type"], first["code"]) == ("follow", "follow_request")
    assert (first["is_read"], first["read_at"], first["expires_at"]) == (False, None, None)
    assert first["actor"] == {
        "id": bob.pk,
        "username": "bob",
        "role": "influencer",
        "is_verified": False,
        "avatar": None,
    }
    assert first["redirect"] == {"kind": "connection", "id": 1, "url": "/api/v1/users/profile/somebody"}
    assert first["created_at"].endswith("Z")
    assert body["data"][1]["actor"] is None


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("is_read=true", {"welcome"}),
        ("is_read=false", {"request", "accepted"}),
        ("type=follow", {"request"}),
        ("type=FOLLOW", {"request"}),
        ("type=system", {"welcome", "accepted"}),
        ("type=follow_accepted", {"accepted"}),
        ("type=nothing", set()),
        ("code=follow_request", {"request"}),
        ("code=Follow_Request", {"request"}),
        ("code=follow", set()),
        ("priority=low", {"welcome"}),
        ("priority=HIGH", {"accepted"}),
        ("type=system&is_read=false", {"accepted"}),
        ("type=system&code=welcome&priority=low", {"welcome"}),
        ("unknown=1", {"welcome", "request", "accepted"}),
    ],
)
def test_filters_narrow_it(alice, alice_client, query, names):
    rows = {
        "welcome": NotificationFactory(receiver=alice, is_read=True, read_at=timezone.now()),
        "request": NotificationFactory(receiver=alice, code="follow_request", priority="medium"),
        "accepted": NotificationFactory(receiver=alice, code="follow_accepted", priority="high"),
    }

    assert set(ids(alice_client, query)) == {rows[name].pk for name in names}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("created_after=2026-01-01T00:00:00Z", ["february", "january"]),
        ("created_after=2026-01-15T10:00:00Z", ["february"]),
        ("created_before=2026-01-15T10:00:00Z", []),
        ("created_before=2026-02-01T00:00:00Z", ["january"]),
        ("created_before=2026-01-15T13:00:00%2B02:00", ["january"]),
        ("created_after=2026-01-01T00:00:00Z&created_before=2026-02-01T00:00:00Z", ["january"]),
    ],
)
def test_times_narrow_it(alice, alice_client, query, names):
    rows = {
        "january": NotificationFactory(receiver=alice, created_at="2026-01-15T10:00:00Z"),
        "february": NotificationFactory(receiver=alice, created_at="2026-02-15T10:00:00Z"),
    }

    assert ids(alice_client, query) == [rows[name].pk for name in names]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("is_read=maybe", "is_read"),
        ("priority=urgent", "priority"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("before=x", "before"),
        ("after=0", "after"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
    ],
)
def test_wrong_parameters_are_named(alice_client, query, field):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert set(response.json()["details"]) == {field}


def test_the_unread_count_does_not_depend_on_the_filters(alice, alice_client):
    NotificationFactory.create_batch(3, receiver=alice)
    NotificationFactory(receiver=alice, is_read=True)

    body = alice_client.get(f"{URL}?is_read=true&limit=1").json()

    assert body["meta"]["unread_count"] == 3


def test_one_reads_on_towards_the_past(alice, alice_client, settings):
    rows = [row.pk for row in NotificationFactory.create_batch(5, receiver=alice)]

    first = alice_client.get(f"{URL}?limit=2&type=system").json()
    second = follow(alice_client, first["meta"]["next"])
    third = follow(alice_client, second["meta"]["next"])

    expected = f"{settings.PUBLIC_URL}/api/v1/notifications?limit=2&type=system&before={rows[3]}"
    assert first["meta"]["next"] == expected
    assert (first["meta"]["has_more"], third["meta"]["has_more"], third["meta"]["next"]) == (True, False, None)
    seen = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert seen == rows[::-1]


def test_one_reads_on_towards_now(alice, alice_client):
    rows = [row.pk for row in NotificationFactory.create_batch(6, receiver=alice)]

    first = alice_client.get(f"{URL}?limit=2&after={rows[0]}").json()
    second = follow(alice_client, first["meta"]["next"])
    third = follow(alice_client, second["meta"]["next"])

    assert [row["id"] for row in first["data"]] == [rows[2], rows[1]]
    assert [row["id"] for row in second["data"]] == [rows[4], rows[3]]
    assert [row["id"] for row in third["data"]] == [rows[5]]
    assert third["meta"]["next"] is None


def test_both_cursors_bound_it(alice, alice_client):
    rows = [row.pk for row in NotificationFactory.create_batch(4, receiver=alice)]

    assert ids(alice_client, f"after={rows[0]}&before={rows[3]}") == [rows[2], rows[1]]


def test_what_comes_meanwhile_shifts_nothing(alice, alice_client):
    rows = [row.pk for row in NotificationFactory.create_batch(4, receiver=alice)]
    first = alice_client.get(f"{URL}?limit=2").json()
    NotificationFactory(receiver=alice)

    second = follow(alice_client, first["meta"]["next"])

    assert [row["id"] for row in second["data"]] == [rows[1], rows[0]]


@pytest.mark.parametrize(("expires_in", "shown"), [(timedelta(minutes=1), True), (timedelta(minutes=-1), False)])
def test_expired_ones_are_hidden(alice, alice_client, expires_in, shown):
    NotificationFactory(receiver=alice, expires_at=timezone.now() + expires_in)

    body = alice_client.get(URL).json()

    assert bool(body["data"]) is shown
    assert body["meta"]["unread_count"] == int(shown)


@pytest.mark.parametrize("by_alice", [True, False])
def test_what_a_blocked_person_did_is_hidden(alice, alice_client, by_alice):
    bob = UserFactory()
    NotificationFactory(receiver=alice, actor=bob)
    kept = NotificationFactory(receiver=alice)
    BlockFactory(blocker=alice if by_alice else bob, blocked=bob if by_alice else alice)

    body = alice_client.get(URL).json()

    assert [row["id"] for row in body["data"]] == [kept.pk]
    assert body["meta"]["unread_count"] == 1


def test_nobody_makes_notifications_over_the_api(alice, alice_client):
    response = alice_client.post(URL, {"receiver": alice.pk, "message": "You won!"})

    assert response.status_code == 405
    assert response.json()["detail"] == "Method not allowed."
    assert not alice.notifications.exists()


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    for actor in UserFactory.create_batch(count):
        NotificationFactory(receiver=alice, actor=actor, code="follow_request")

    with django_assert_num_queries(3):  # who you are, notifications, unread count
        assert len(ids(alice_client, "limit=100")) == count
