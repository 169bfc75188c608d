import pytest

from apps.accounts.models import Profile, User
from tests.client import ApiClient
from tests.factories import ProfileCategoryFactory, ProfilePlatformFactory, UserFactory
from tests.races import together

URL = "/users/profile"
INSTAGRAM = {"platform": "instagram", "handle": "@alice", "followers": 1200, "engagement_rate": 4.5}
NULL = "This field may not be null."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bio", "Lifestyle Vlogger from NYC"),
        ("bio", "x" * 500),
        ("bio", ""),
        ("first_name", "Ann"),
        ("last_name", "Lee"),
        ("phone", "+4917012345678"),
        ("phone", None),
        ("social_links", {"youtube": "https://youtube.com/@alice"}),
        ("social_links", {}),
        ("business_category", "fashion"),
        ("business_category", None),
        ("website", "https://alice.example/about?x=1"),
        ("website", None),
        ("country", "IN"),
        ("country", None),
        ("city", "Zürich"),
        ("city", None),
        ("timezone", "Asia/Kolkata"),
        ("timezone", None),
        ("languages", ["en", "de"]),
        ("languages", []),
        ("categories", ["beauty", "fashion"]),
        ("platforms", []),
    ],
)
def test_each_field_can_be_set(alice_client, field, value):
    response = alice_client.patch(URL, {field: value})

    assert response.status_code == 200
    assert response.json()["message"] == "OK"
    assert response.json()["data"][field] == value
    assert alice_client.get(URL).json()["data"] == response.json()["data"]


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("phone_number", "1234567", {"phone": "1234567"}),
        ("country", "in", {"country": "IN"}),
        ("business_category", "FASHION", {"business_category": "fashion"}),
        ("categories", ["Beauty", "beauty"], {"categories": ["beauty"]}),
        ("city", "  Goa ", {"city": "Goa"}),
        ("city", "", {"city": None}),
    ],
)
def test_other_spellings_are_understood(alice_client, field, sent, kept):
    profile = alice_client.patch(URL, {field: sent}).json()["data"]

    assert {name: profile[name] for name in kept} == kept


def test_platforms_carry_their_reach(alice_client):
    tiktok = {"platform": "TikTok", "handle": "alice"}

    profile = alice_client.patch(URL, {"platforms": [INSTAGRAM, tiktok]}).json()["data"]

    assert sorted(profile["platforms"], key=lambda row: row["platform"]) == [
        INSTAGRAM | {"source": "self"},
        {"platform": "tiktok", "handle": "alice", "followers": 0, "engagement_rate": None, "source": "self"},
    ]


def test_what_was_not_sent_stays(alice, alice_client):
    ProfileCategoryFactory(profile=alice.profile, slug="fashion")
    ProfilePlatformFactory(profile=alice.profile, platform="tiktok")
    alice_client.patch(URL, {"bio": "Hello", "city": "Goa", "languages": ["en"]})

    profile = alice_client.patch(URL, {"country": "IN"}).json()["data"]

    assert (profile["first_name"], profile["bio"], profile["city"]) == ("Alice", "Hello", "Goa")
    assert (profile["languages"], profile["categories"]) == (["en"], ["fashion"])
    assert [row["platform"] for row in profile["platforms"]] == ["tiktok"]


def test_an_empty_body_changes_nothing(alice_client):
    before = alice_client.get(URL).json()

    assert alice_client.patch(URL, {}).json() == before


def test_a_list_replaces_the_former_one(alice, alice_client):
    ProfileCategoryFactory(profile=alice.profile, slug="fashion")
    ProfilePlatformFactory(profile=alice.profile, platform="tiktok")

    profile = alice_client.patch(URL, {"categories": ["music"], "platforms": [INSTAGRAM]}).json()["data"]

    assert profile["categories"] == ["music"]
    assert [row["platform"] for row in profile["platforms"]] == ["instagram"]


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"bio": "x" * 501}, "bio", "Ensure this field has no more than 500 characters."),
        ({"bio": None}, "bio", NULL),
        ({"bio": 5}, "bio", "Not a valid string."),
        ({"bio": "a\0b"}, "bio", "Null characters are not allowed."),
        ({"first_name": None}, "first_name", NULL),
        ({"last_name": "x" * 151}, "last_name", "Ensure this field has no more than 150 characters."),
        ({"phone": "call me"}, "phone", "Enter a valid phone number."),
        ({"phone": ""}, "phone", "Enter a valid phone number."),
        ({"social_links": None}, "social_links", NULL),
        ({"social_links": ["x"]}, "social_links", "Expected an object."),
        ({"social_links": {"youtube": "javascript:alert(1)"}}, "social_links.youtube", "Enter a valid URL."),
        ({"social_links": {"youtube": None}}, "social_links.youtube", NULL),
        (
            {"social_links": {f"p{n}": "https://a.example" for n in range(21)}},
            "social_links",
            "Ensure this field has no more than 20 items.",
        ),
        ({"website": "alice.example"}, "website", "Enter a valid URL."),
        ({"website": "ftp://alice.example"}, "website", "Enter a valid URL."),
        ({"website": ""}, "website", "Enter a valid URL."),
        (
            {"website": f"https://a.example/{'x' * 200}"},
            "website",
            "Ensure this field has no more than 200 characters.",
        ),
        ({"country": "India"}, "country", '"India" is not a valid choice.'),
        ({"country": "zz"}, "country", '"zz" is not a valid choice.'),
        ({"city": "x" * 101}, "city", "Ensure this field has no more than 100 characters."),
        ({"timezone": "Mars/Olympus"}, "timezone", '"Mars/Olympus" is not a valid choice.'),
        ({"timezone": "../etc/passwd"}, "timezone", '"../etc/passwd" is not a valid choice.'),
        ({"languages": None}, "languages", NULL),
        ({"languages": "en"}, "languages", "Expected a list of items."),
        ({"languages": ["two words"]}, "languages.0", "Enter a valid value."),
        ({"languages": ["en"] * 21}, "languages", "Ensure this field has no more than 20 items."),
        ({"categories": ["<b>"]}, "categories.0", "Enter a valid value."),
        ({"platforms": [INSTAGRAM] * 2}, "platforms", "Name each platform once."),
        ({"platforms": [INSTAGRAM, INSTAGRAM | {"platform": "INSTAGRAM"}]}, "platforms", "Name each platform once."),
        ({"platforms": [{"platform": "x"}]}, "platforms.0.handle", "This field is required."),
        (
            {"platforms": [INSTAGRAM | {"followers": -1}]},
            "platforms.0.followers",
            "Ensure this value is greater than or equal to 0.",
        ),
        ({"platforms": [INSTAGRAM | {"followers": 1.5}]}, "platforms.0.followers", "A valid integer is required."),
        (
            {"platforms": [INSTAGRAM | {"engagement_rate": 101}]},
            "platforms.0.engagement_rate",
            "Ensure this value is less than or equal to 100.",
        ),
        ({"platforms": [INSTAGRAM | {"source": "provider"}]}, "platforms.0.source", "Unknown field."),
    ],
)
def test_wrong_values_are_named_and_change_nothing(alice_client, body, field, sentence):
    before = alice_client.get(URL).json()

    response = alice_client.patch(URL, {"city": "Goa"} | body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}
    assert alice_client.get(URL).json() == before


@pytest.mark.parametrize(
    "field",
    [
        *("role", "is_verified", "email_verified", "username", "email", "id", "avatar", "user_type", "is_staff"),
        *(
            "tier_level",
            "tier_name",
            "karma_score",
            "rating",
            "completed_collaborations",
            "plan",
            "deletion_due_at",
            "created_at",
        ),
        *("password", "is_active", "last_login", "nonsense"),
    ],
)
def test_what_is_not_theirs_to_write_is_refused(alice_client, field):
    response = alice_client.patch(URL, {field: "x"})

    assert response.status_code == 400
    assert response.json()["details"] == {field: ["Unknown field."]}


@pytest.mark.parametrize("body", [[], [{"bio": "x"}], "bio", 5])
def test_the_body_is_an_object(alice_client, body):
    assert alice_client.patch(URL, body).status_code == 400


def test_it_asks_who_is_calling_before_anything_else(db):
    assert ApiClient().patch(URL, {"role": "staff"}).status_code == 401


def test_search_finds_the_new_words(alice, alice_client):
    alice_client.patch(URL, {"bio": "Mountaineer", "last_name": "Liddell"})

    for word in ("mountain", "LIDDELL", "alice"):
        found = ApiClient(UserFactory()).get(f"/users?search={word}").json()["data"]
        assert [person["id"] for person in found] == [alice.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_are_both_kept(alice):
    phone, tablet = ApiClient(alice), ApiClient(alice)

    for round_ in range(5):
        together(
            lambda name=f"Ann{round_}": phone.patch(URL, {"first_name": name}),
            lambda bio=f"Hello{round_}": tablet.patch(URL, {"bio": bio}),
        )
        user, profile = User.objects.get(), Profile.objects.get()
        assert (user.first_name, profile.bio) == (f"Ann{round_}", f"Hello{round_}")
        assert profile.search_text == f"alice\nann{round_}\n\nhello{round_}"
