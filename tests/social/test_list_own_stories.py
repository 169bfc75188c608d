from datetime import timedelta

import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import ConnectionFactory, StoryFactory, StoryViewFactory

URL = "/stories/my_stories"


def test_it_lists_ones_own_newest_first_with_how_many_saw_them(alice, alice_client):
    seen, unseen = StoryFactory.create_batch(2, user=alice, caption="Hello")
    StoryViewFactory.create_batch(3, story=seen)
    friend = ConnectionFactory(sender=alice, accepted=True).receiver
    StoryFactory(user=friend)

    body = alice_client.get(URL).json()

    newest, oldest = body["data"]
    assert (newest["id"], newest["views_count"]) == (unseen.pk, 0)
    assert (oldest["id"], oldest["views_count"]) == (seen.pk, 3)
    assert body["meta"]["total"] == 2


def test_a_story_has_these_fields(alice, alice_client):
    story = StoryFactory(user=alice, caption="Hello")

    (row,) = alice_client.get(URL).json()["data"]

    link, created, expires = (row.pop(name) for name in ("content_url", "created_at", "expires_at"))
    assert row == {"id": story.pk, "user": "alice", "caption": "Hello", "media_type": "image", "views_count": 0}
    assert f"/api/v1/files/story/{story.pk}?sig=" in link
    assert created.endswith("Z")
    assert expires.endswith("Z")


@pytest.mark.parametrize(("seconds", "count"), [(-1, 0), (0, 0), (1, 1)])
def test_a_story_expires_to_the_second(alice, alice_client, monkeypatch, seconds, count):
    now = timezone.now().replace(microsecond=0)
    StoryFactory(user=alice, expires_at=now + timedelta(seconds=seconds))
    monkeypatch.setattr("apps.social.models.stories.timezone.now", lambda: now)

    assert len(alice_client.get(URL).json()["data"]) == count


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    StoryViewFactory.create_batch(count, story__user=alice)

    with django_assert_num_queries(3):  # who you are, count, stories
        assert len(alice_client.get(f"{URL}?limit=100").json()["data"]) == count
