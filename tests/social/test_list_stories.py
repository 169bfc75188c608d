from datetime import timedelta

import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import ConnectionFactory, StaffFactory, StoryFactory, StoryViewFactory, UserFactory

URL = "/stories"


@pytest.fixture
def bob(alice):
    """Connected to alice."""
    person = UserFactory(username="bob")
    ConnectionFactory(sender=alice, receiver=person, accepted=True)
    return person


def ids(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    return [row["id"] for row in response.json()["data"]]


def test_it_shows_the_stories_of_ones_connections_newest_first(alice, alice_client, bob):
    carol = UserFactory()
    ConnectionFactory(sender=carol, receiver=alice, accepted=True)
    first, second, third = StoryFactory(user=bob), StoryFactory(user=carol), StoryFactory(user=bob, video=True)

    body = alice_client.get(URL).json()

    assert [row["id"] for row in body["data"]] == [third.pk, second.pk, first.pk]
    assert [row["media_type"] for row in body["data"]] == ["video", "image", "image"]
    assert body["meta"] == {"total": 3, "page": 1, "limit": 20, "next": None, "previous": None}


def test_a_story_has_these_fields(alice_client, bob):
    story = StoryFactory(user=bob, caption="Hello")

    (row,) = alice_client.get(URL).json()["data"]

    link, created, expires = (row.pop(name) for name in ("content_url", "created_at", "expires_at"))
    assert row == {"id": story.pk, "user": "bob", "caption": "Hello", "media_type": "image", "seen": False}
    assert f"/api/v1/files/story/{story.pk}?sig=" in link
    assert created.endswith("Z")
    assert expires.endswith("Z")


@pytest.mark.parametrize(
    ("relation", "shown"),
    [
        ("stranger", False),
        ("asked by her", False),
        ("asked her", False),
        ("rejected", False),
        ("accepted by her", True),
        ("accepted her", True),
    ],
)
def test_whose_stories_it_shows(alice, alice_client, relation, shown):
    person = UserFactory()
    story = StoryFactory(user=person)
    rows = {
        "asked by her": lambda: ConnectionFactory(sender=alice, receiver=person),
        "asked her": lambda: ConnectionFactory(sender=person, receiver=alice),
        "rejected": lambda: ConnectionFactory(sender=person, receiver=alice, rejected=True),
        "accepted by her": lambda: ConnectionFactory(sender=person, receiver=alice, accepted=True),
        "accepted her": lambda: ConnectionFactory(sender=alice, receiver=person, accepted=True),
    }
    rows.get(relation, lambda: None)()

    assert ids(alice_client) == ([story.pk] if shown else [])


def test_ones_own_are_elsewhere(alice, alice_client):
    StoryFactory(user=alice)

    assert ids(alice_client) == []


def test_a_moderators_feed_is_their_connections_too(db):
    moderator = StaffFactory()
    StoryFactory()

    assert ids(ApiClient(moderator)) == []


@pytest.mark.parametrize(("seconds", "shown"), [(-1, False), (0, False), (1, True)])
def test_a_story_expires_to_the_second(alice_client, bob, monkeypatch, seconds, shown):
    now = timezone.now().replace(microsecond=0)
    StoryFactory(user=bob, expires_at=now + timedelta(seconds=seconds))
    monkeypatch.setattr("apps.social.models.stories.timezone.now", lambda: now)

    assert bool(ids(alice_client)) == shown


def test_an_inactive_persons_stories_come_back_with_them(alice_client, bob):
    StoryFactory(user=bob)
    bob.is_active = False
    bob.save(update_fields=["is_active"])

    assert ids(alice_client) == []

    bob.is_active = True
    bob.save(update_fields=["is_active"])
    assert len(ids(alice_client)) == 1


@pytest.mark.parametrize("by_alice", [True, False])
def test_a_block_hides_both_sides_from_each_other(alice, alice_client, bob, by_alice):
    StoryFactory(user=bob)
    StoryFactory(user=alice)
    blocker, blocked = (alice, bob) if by_alice else (bob, alice)

    ApiClient(blocker).post("/blocks", {"user_id": blocked.pk})

    assert ids(alice_client) == []
    assert ids(ApiClient(bob)) == []


def test_it_tells_which_ones_one_has_seen(alice, alice_client, bob):
    seen, unseen = StoryFactory.create_batch(2, user=bob)
    StoryViewFactory(story=seen, viewer=alice)
    StoryViewFactory(story=unseen)

    rows = alice_client.get(URL).json()["data"]

    assert {row["id"]: row["seen"] for row in rows} == {seen.pk: True, unseen.pk: False}


def test_it_comes_in_pages(alice_client, bob):
    stories = StoryFactory.create_batch(3, user=bob)

    assert ids(alice_client, "limit=2") == [stories[2].pk, stories[1].pk]
    assert ids(alice_client, "limit=2&page=2") == [stories[0].pk]
    assert ids(alice_client, "limit=2&page=3") == []


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice_client, bob, django_assert_num_queries, count):
    StoryViewFactory.create_batch(count, story__user=bob)

    with django_assert_num_queries(3):  # who you are, count, stories
        assert len(ids(alice_client, "limit=100")) == count
