import pytest
from django.utils import timezone

from tests.client import ApiClient
from tests.factories import ProfileCategoryFactory, ProfilePlatformFactory, UserFactory

URL = "/users/profile"
OWN_KEYS = {
    *("id", "username", "email", "role", "is_verified", "email_verified", "avatar", "first_name", "last_name"),
    *("bio", "phone", "social_links", "business_category", "website", "country", "city", "timezone", "languages"),
    *("categories", "platforms", "tier_level", "tier_name", "karma_score", "rating", "completed_collaborations"),
    *("plan", "deletion_due_at", "created_at", "last_login"),
}


def test_a_new_profile_has_every_field_from_the_start(db):
    user = UserFactory(username="newcomer", role="brand", last_login=timezone.now())

    profile = ApiClient(user).get(URL).json()["data"]

    assert set(profile) == OWN_KEYS
    dates = {name: profile.pop(name) for name in ("created_at", "last_login")}
    assert all(date.endswith("Z") for date in dates.values())
    assert profile == {
        "id": user.pk,
        "username": "newcomer",
        "email": "newcomer@example.com",
        "role": "brand",
        "first_name": "",
        "last_name": "",
        "bio": "",
        "tier_name": "Newbie",
        "plan": "free",
        "deletion_due_at": None,
        **dict.fromkeys(["is_verified", "email_verified"], False),
        **dict.fromkeys(["avatar", "phone", "business_category", "website", "country", "city", "timezone"]),
        **dict.fromkeys(["tier_level", "karma_score", "completed_collaborations"], 0),
        "rating": None,
        "social_links": {},
        "languages": [],
        "categories": [],
        "platforms": [],
    }


def test_it_shows_categories_and_platforms(alice, alice_client):
    ProfileCategoryFactory(profile=alice.profile, slug="fashion")
    ProfilePlatformFactory(profile=alice.profile, platform="tiktok", handle="@alice", followers=9)

    profile = alice_client.get(URL).json()["data"]

    assert profile["categories"] == ["fashion"]
    assert profile["platforms"] == [
        {"platform": "tiktok", "handle": "@alice", "followers": 9, "engagement_rate": None, "source": "self"}
    ]


def test_it_asks_who_is_calling(db):
    response = ApiClient().get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "error": "Authentication credentials were not provided.",
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
        "status_code": 401,
    }


@pytest.mark.parametrize("count", [1, 50])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    ProfilePlatformFactory.create_batch(count, profile=alice.profile)
    ProfileCategoryFactory.create_batch(count, profile=alice.profile)

    with django_assert_num_queries(2):  # who you are, your profile
        profile = alice_client.get(URL).json()["data"]

    assert len(profile["platforms"]) == len(profile["categories"]) == count
