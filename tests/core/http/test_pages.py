"""Numbered pages of resources."""

import pytest

from tests.factories import ConnectionFactory

URL = "/connections"


@pytest.fixture
def asked(alice):
    """Five requests from alice, the newest first."""
    return ConnectionFactory.create_batch(5, sender=alice)[::-1]


@pytest.fixture
def pages(alice_client, asked, settings):
    settings.PUBLIC_URL = "https://infloo.example"
    return lambda query="": alice_client.get(f"{URL}?{query}").json()


def ids(answer):
    return [row["id"] for row in answer["data"]]


def test_a_page_has_twenty_rows_unless_asked_otherwise(pages, asked):
    answer = pages()

    assert ids(answer) == [row.pk for row in asked]
    assert answer["meta"] == {"total": 5, "page": 1, "limit": 20, "next": None, "previous": None}


def test_a_page_leads_to_its_neighbours_by_full_urls(pages, asked):
    answer = pages("page=2&limit=2&status=PENDING")

    assert ids(answer) == [asked[2].pk, asked[3].pk]
    assert answer["meta"] == {
        "total": 5,
        "page": 2,
        "limit": 2,
        "next": "https://infloo.example/api/v1/connections?page=3&limit=2&status=PENDING",
        "previous": "https://infloo.example/api/v1/connections?page=1&limit=2&status=PENDING",
    }


def test_the_last_page_leads_nowhere(pages):
    meta = pages("page=3&limit=2")["meta"]

    assert meta["next"] is None
    assert meta["previous"] == "https://infloo.example/api/v1/connections?page=2&limit=2"


@pytest.mark.parametrize("page", [4, 10**9, 2**53])
def test_a_page_past_the_end_is_empty(pages, page):
    answer = pages(f"page={page}&limit=2")

    assert answer["data"] == []
    assert (answer["meta"]["total"], answer["meta"]["next"]) == (5, None)


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("limit=0", "limit", "Ensure this value is greater than or equal to 1."),
        ("limit=101", "limit", "Ensure this value is less than or equal to 100."),
        ("limit=x", "limit", "A valid integer is required."),
        ("limit=", "limit", "A valid integer is required."),
        ("page=0", "page", "Ensure this value is greater than or equal to 1."),
        ("page=1.5", "page", "A valid integer is required."),
    ],
)
def test_a_page_that_cannot_be_is_refused(alice_client, query, field, sentence):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


@pytest.mark.parametrize("limit", [1, 100])
def test_the_limits_themselves_are_allowed(alice_client, limit):
    assert alice_client.get(f"{URL}?limit={limit}").status_code == 200


def test_the_slash_form_goes_on_in_its_own_form(pages, alice_client):
    answer = alice_client.get(f"{URL}/?limit=4").json()

    assert answer["meta"]["next"] == "https://infloo.example/api/v1/connections/?limit=4&page=2"
