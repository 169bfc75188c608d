import pytest

from tests.client import ApiClient
from tests.factories import BlockFactory, UserFactory

URL = "/blocks"


def test_it_lists_whom_one_blocked_newest_first(alice, alice_client):
    older, newer = BlockFactory(blocker=alice), BlockFactory(blocker=alice)

    body = alice_client.get(URL).json()

    assert set(body) == {"message", "data"}
    assert [row["id"] for row in body["data"]] == [newer.pk, older.pk]
    assert set(body["data"][0]) == {"id", "user", "created_at"}
    assert body["data"][0]["user"] == {
        "id": newer.blocked.pk,
        "username": newer.blocked.username,
        "role": "influencer",
        "is_verified": False,
        "avatar": None,
    }


def test_who_blocked_one_is_not_told(alice, alice_client):
    BlockFactory(blocked=alice)
    BlockFactory(blocker=UserFactory())

    assert alice_client.get(URL).json()["data"] == []


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    BlockFactory.create_batch(count, blocker=alice)

    with django_assert_num_queries(2):  # who you are, blocks
        assert len(alice_client.get(URL).json()["data"]) == count
