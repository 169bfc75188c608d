import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.client import ApiClient
from tests.factories import BlockFactory, ProfileCategoryFactory, ProfilePlatformFactory, StaffFactory, UserFactory
from tests.social.test_get_public_profile import PUBLIC_KEYS

URL = "/users"


def found(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200, response.json()
    return [person["username"] for person in response.json()["data"]]


def test_it_lists_people_newest_first(alice_client):
    UserFactory(username="bob")
    UserFactory(username="carol")

    response = alice_client.get(URL)

    assert response.json()["message"] == "OK"
    assert [person["username"] for person in response.json()["data"]] == ["carol", "bob", "alice"]
    assert response.json()["meta"] == {"total": 3, "page": 1, "limit": 20, "next": None, "previous": None}


def test_a_person_is_shown_as_in_public_without_what_concerns_the_caller(alice_client):
    (person,) = alice_client.get(URL).json()["data"]

    assert set(person) == PUBLIC_KEYS - {"connection", "mutual_connections_count"}


def test_staff_and_inactive_people_are_never_listed(alice_client):
    StaffFactory(username="helper")
    UserFactory(username="gone", is_active=False)

    assert found(alice_client) == ["alice"]


@pytest.mark.parametrize("by_alice", [True, False])
def test_blocked_pairs_do_not_find_each_other(alice, alice_client, by_alice):
    bob = UserFactory(username="bob")
    BlockFactory(blocker=alice if by_alice else bob, blocked=bob if by_alice else alice)

    assert found(alice_client) == ["alice"]
    assert found(ApiClient(bob)) == ["bob"]
    assert found(alice_client, "search=bob") == []


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("BOB", ["bob"]),
        ("obert", ["bob"]),
        ("Marl", ["bob"]),
        ("reggae", ["bob"]),
        ("%20bob%20", ["bob"]),
        ("jane@", []),
        ("example.com", []),
        ("1234567", []),
        ("%25", []),
        ("_", []),
        ("nobody", []),
        ("", ["jane", "bob", "alice"]),
    ],
)
def test_search_reads_names_and_bios_and_nothing_private(alice_client, search, names):
    UserFactory(username="bob", first_name="Robert", last_name="Marley", profile__bio="I play Reggae")
    UserFactory(username="jane", profile__phone="1234567890")

    assert found(alice_client, f"search={search}") == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("role=brand", ["brand"]),
        ("role=BUSINESS", ["brand"]),
        ("role=creator", ["tiktoker", "alice"]),
        ("role=staff", []),
        ("role=unknown", []),
        ("verified=true", ["brand"]),
        ("verified=false", ["tiktoker", "alice"]),
        ("category=fashion", ["tiktoker"]),
        ("category=Fashion", ["tiktoker"]),
        ("category=music", []),
        ("country=in", ["brand"]),
        ("country=IN", ["brand"]),
        ("country=de", []),
        ("platform=TikTok", ["tiktoker"]),
        ("min_followers=500", ["tiktoker"]),
        ("min_followers=501", []),
        ("min_followers=0", ["tiktoker", "brand", "alice"]),
        ("platform=tiktok&min_followers=100", ["tiktoker"]),
        ("platform=tiktok&min_followers=101", []),
        ("role=influencer&category=fashion&verified=false&search=tik", ["tiktoker"]),
        ("role=brand&category=fashion", []),
        ("unknown=parameter", ["tiktoker", "brand", "alice"]),
    ],
)
def test_each_filter_narrows_the_list(alice_client, query, names):
    UserFactory(username="brand", role="brand", is_verified=True, profile__country="IN")
    person = UserFactory(username="tiktoker")
    ProfileCategoryFactory(profile=person.profile, slug="fashion")
    ProfilePlatformFactory(profile=person.profile, platform="tiktok", followers=100)
    ProfilePlatformFactory(profile=person.profile, platform="youtube", followers=500)

    assert found(alice_client, query) == names


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("page=0", "page", "Ensure this value is greater than or equal to 1."),
        ("page=x", "page", "A valid integer is required."),
        ("limit=0", "limit", "Ensure this value is greater than or equal to 1."),
        ("limit=101", "limit", "Ensure this value is less than or equal to 100."),
        ("verified=perhaps", "verified", "Must be a valid boolean."),
        ("min_followers=-1", "min_followers", "Ensure this value is greater than or equal to 0."),
        (f"search={'x' * 101}", "search", "Ensure this field has no more than 100 characters."),
    ],
)
def test_wrong_parameters_are_named(alice_client, query, field, sentence):
    response = alice_client.get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


def test_pages_lead_to_each_other(alice_client, settings):
    UserFactory.create_batch(4)

    first, middle, last = (alice_client.get(f"{URL}?limit=2&role=influencer&page={page}").json() for page in (1, 2, 3))

    url = f"{settings.PUBLIC_URL}/api/v1/users?limit=2&role=influencer&page="
    assert [len(page["data"]) for page in (first, middle, last)] == [2, 2, 1]
    assert first["meta"] == {"total": 5, "page": 1, "limit": 2, "next": f"{url}2", "previous": None}
    assert (middle["meta"]["next"], middle["meta"]["previous"]) == (f"{url}3", f"{url}1")
    assert (last["meta"]["next"], last["meta"]["previous"]) == (None, f"{url}2")


@pytest.mark.parametrize("page", [2, 10**6, 10**15])
def test_a_page_past_the_end_is_empty(alice_client, page):
    response = alice_client.get(f"{URL}?page={page}")

    assert (response.status_code, response.json()["data"]) == (200, [])


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


def test_its_query_count_does_not_grow(alice_client):
    counts = []
    for more in (1, 48):
        for person in UserFactory.create_batch(more):
            ProfilePlatformFactory.create_batch(2, profile=person.profile)
        with CaptureQueriesContext(connection) as queries:
            alice_client.get(f"{URL}?limit=100")
        counts.append(len(queries))

    assert counts == [3, 3]  # who you are, count, people
