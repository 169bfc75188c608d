import pytest

from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, StaffFactory, StoryFactory, StoryViewFactory, UserFactory


@pytest.fixture
def story(alice):
    return StoryFactory(user=alice)


def viewers(client, story, query=""):
    return client.get(f"/stories/{story.pk}/viewers?{query}")


def test_the_author_sees_who_saw_it_the_latest_first(alice_client, story):
    first = StoryViewFactory(story=story, viewer=UserFactory(username="bob", role="brand", is_verified=True))
    latest = StoryViewFactory(story=story)
    StoryViewFactory()

    response = viewers(alice_client, story)

    newest, oldest = response.json()["data"]
    assert response.status_code == 200
    assert response.json()["meta"]["total"] == 2
    assert newest["id"] == latest.viewer.pk
    assert oldest.pop("viewed_at").endswith("Z")
    assert oldest == {"id": first.viewer.pk, "username": "bob", "role": "brand", "is_verified": True, "avatar": None}


def test_it_begins_empty(alice_client, story):
    assert viewers(alice_client, story).json()["data"] == []


@pytest.mark.parametrize(
    ("who", "status"), [("author", 200), ("connection", 404), ("moderator", 404), ("stranger", 404), ("nobody", 401)]
)
def test_it_is_for_the_author(alice, story, who, status):
    people = {
        "author": lambda: alice,
        "connection": lambda: ConnectionFactory(receiver=alice, accepted=True).sender,
        "moderator": StaffFactory,
        "stranger": UserFactory,
        "nobody": lambda: None,
    }

    assert viewers(ApiClient(people[who]()), story).status_code == status


@pytest.mark.parametrize("why", ["inactive", "blocked", "blocks"])
def test_people_who_are_not_there_are_not_shown(alice, alice_client, story, why):
    viewer = StoryViewFactory(story=story).viewer
    if why == "inactive":
        viewer.is_active = False
        viewer.save(update_fields=["is_active"])
    elif why == "blocked":
        BlockFactory(blocker=alice, blocked=viewer)
    else:
        BlockFactory(blocker=viewer, blocked=alice)

    assert viewers(alice_client, story).json()["data"] == []


def test_an_expired_story_is_not_found(alice, alice_client):
    assert viewers(alice_client, StoryFactory(user=alice, expired=True)).status_code == 404


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice_client, story, django_assert_num_queries, count):
    StoryViewFactory.create_batch(count, story=story)

    with django_assert_num_queries(4):  # who you are, the story, count, viewers
        assert len(viewers(alice_client, story, "limit=100").json()["data"]) == count
