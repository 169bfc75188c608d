import pytest

from tests.client import ApiClient
from tests.factories import DocumentFactory, StaffFactory

URL = "/users/verify"


def test_it_lists_ones_own_newest_first(alice, alice_client):
    rejected = DocumentFactory(user=alice, rejected=True)
    pending = DocumentFactory(user=alice)
    DocumentFactory()

    response = alice_client.get(URL)

    newest, oldest = response.json()["data"]
    url = newest.pop("file_url")
    assert response.status_code == 200
    assert set(response.json()) == {"message", "data"}
    assert newest.pop("created_at").endswith("Z")
    assert newest == {
        "id": pending.pk,
        "user": alice.pk,
        "type": "identity",
        "status": "pending",
        "reason": None,
        "reviewed_at": None,
    }
    assert f"/api/v1/files/document/{pending.pk}?sig=" in url
    assert (oldest["id"], oldest["status"], oldest["reason"]) == (rejected.pk, "rejected", "Too dark")
    assert oldest["reviewed_at"].endswith("Z")


def test_even_a_reviewer_sees_only_their_own_here(db):
    DocumentFactory()

    assert ApiClient(StaffFactory()).get(URL).json()["data"] == []


def test_an_erased_file_has_no_link(alice, alice_client):
    DocumentFactory(user=alice, approved=True, file="")

    assert alice_client.get(URL).json()["data"][0]["file_url"] is None


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    DocumentFactory.create_batch(count, user=alice, rejected=True)

    with django_assert_num_queries(2):  # who you are, documents
        assert len(alice_client.get(URL).json()["data"]) == count
