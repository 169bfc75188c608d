"""Logs, read from a cursor: notifications stand for all of them."""

import pytest

from tests.factories import NotificationFactory

URL = "/notifications"


@pytest.fixture
def told(alice):
    """Seven notifications of alice, the newest first."""
    return [row.pk for row in NotificationFactory.create_batch(7, receiver=alice)][::-1]


@pytest.fixture
def read(alice_client, told, settings):
    settings.PUBLIC_URL = "https://infloo.example"
    return lambda query="": alice_client.get(f"{URL}?{query}").json()


def ids(answer):
    return [row["id"] for row in answer["data"]]


def follow(alice_client, answer):
    """The ids of this answer and of all that its `next` leads to."""
    found = [ids(answer)]
    while url := answer["meta"]["next"]:
        answer = alice_client.get(url.removeprefix("https://infloo.example/api/v1")).json()
        found.append(ids(answer))
    return found


def test_it_begins_at_the_newest(read, told):
    answer = read("limit=3")

    assert ids(answer) == told[:3]
    assert answer["meta"]["limit"] == 3
    assert answer["meta"]["has_more"] is True
    assert answer["meta"]["next"] == f"https://infloo.example/api/v1/notifications?limit=3&before={told[2]}"


def test_before_gives_older_rows_and_goes_on_to_the_oldest(read, told, alice_client):
    assert follow(alice_client, read(f"limit=2&before={told[1]}")) == [told[2:4], told[4:6], told[6:]]


def test_after_gives_the_rows_next_to_the_cursor_newest_first(read, told):
    answer = read(f"limit=2&after={told[5]}")

    assert ids(answer) == told[3:5]
    assert answer["meta"]["has_more"] is True
    assert answer["meta"]["next"] == f"https://infloo.example/api/v1/notifications?limit=2&after={told[3]}"


def test_after_goes_on_to_the_newest(read, told, alice_client):
    assert follow(alice_client, read(f"limit=2&after={told[5]}")) == [told[3:5], told[1:3], told[:1]]


def test_both_cursors_make_a_window(read, told, alice_client):
    assert follow(alice_client, read(f"limit=2&after={told[6]}&before={told[1]}")) == [told[4:6], told[2:4]]


def test_the_end_says_so(read, told):
    for query in ("", "limit=7", f"after={told[1]}", f"before={told[5]}"):
        meta = read(query)["meta"]

        assert (meta["has_more"], meta["next"]) == (False, None)


def test_beyond_both_ends_there_is_nothing(read, told):
    assert ids(read(f"before={told[-1]}")) == ids(read(f"after={told[0]}")) == []


def test_a_cursor_may_be_a_row_that_is_gone(read, told, alice_client):
    alice_client.delete(f"{URL}/{told[3]}")

    assert ids(read(f"limit=1&before={told[3]}")) == [told[4]]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "after=0", "before=-1", "after=1.5"])
def test_a_cursor_that_cannot_be_is_refused(alice_client, query):
    assert alice_client.get(f"{URL}?{query}").status_code == 400


def test_paging_counts_nothing(alice_client, alice, django_assert_num_queries):
    NotificationFactory.create_batch(3, receiver=alice)

    with django_assert_num_queries(3) as captured:  # who you are, the rows, how many are unread
        alice_client.get(f"{URL}?limit=1")

    counted = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"].upper()]
    assert len(counted) == 1
    assert "NOT" in counted[0]  # only the unread ones, which have an index of their own


def test_the_next_page_costs_as_much_as_the_first(alice_client, told, django_assert_num_queries):
    for query in ("limit=2", f"limit=2&before={told[2]}", f"limit=2&after={told[5]}"):
        with django_assert_num_queries(3):
            alice_client.get(f"{URL}?{query}")
