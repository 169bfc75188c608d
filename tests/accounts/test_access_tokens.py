"""Which tokens open the door, on any operation."""

import time
from datetime import timedelta

import jwt
import pytest
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.tokens import ALGORITHM
from tests.client import ApiClient, sign_in
from tests.factories import UserFactory

URL = "/users/profile"
HEADER = {"typ": "infloo-access+jwt"}


@pytest.fixture
def claims(alice):
    """What a good access token of alice's says."""
    sign_in(alice)
    return {
        "iss": "infloo",
        "aud": "infloo-access",
        "sub": str(alice.pk),
        "sid": Session.objects.get().pk,
        "jti": "0" * 32,
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
    }


@pytest.fixture
def sign(settings):
    settings.TOKEN_KEY = "t" * 64  # long enough for every algorithm

    def sign(claims, *, key=settings.TOKEN_KEY, algorithm=ALGORITHM, header=HEADER):
        return jwt.encode(claims, key, algorithm=algorithm, headers=header)

    return sign


def get(authorization):
    return ApiClient().get(URL, authorization=authorization)


def assert_refused(response):
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert (response.json()["detail"], response.json()["code"]) == ("Invalid or expired token.", "invalid_token")


def test_a_good_token_opens(claims, sign):
    assert get(f"Bearer {sign(claims)}").status_code == 200


def test_the_scheme_may_be_written_in_any_case(claims, sign):
    assert get(f"bearer {sign(claims)}").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "infloo-refresh"},
        {"aud": "another"},
        {"iss": "somebody-else"},
        {"exp": int(time.time()) - 1},
        {"iat": int(time.time()) + 3600},
        {"sub": "0"},
        {"sub": "alice"},
        {"sid": 0},
        {"sid": "x"},
        {"sid": None},
        {"sid": [1]},
    ],
)
def test_a_token_that_says_something_else_is_refused(claims, sign, change):
    assert_refused(get(f"Bearer {sign(claims | change)}"))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "jti", "iat", "exp"])
def test_a_token_that_leaves_something_out_is_refused(claims, sign, name):
    del claims[name]

    assert_refused(get(f"Bearer {sign(claims)}"))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "infloo-refresh+jwt"}, {"typ": None}])
def test_a_token_of_another_kind_is_refused(claims, sign, header):
    assert_refused(get(f"Bearer {sign(claims, header=header)}"))


@pytest.mark.parametrize(
    "how",
    [
        {"algorithm": "none", "key": None},
        {"algorithm": "HS512"},
        {"algorithm": "HS384"},
        {"key": "u" * 64},
    ],
)
def test_a_token_signed_otherwise_is_refused(claims, sign, how):
    assert_refused(get(f"Bearer {sign(claims, **how)}"))


def test_the_pages_key_signs_no_tokens(claims, sign, settings):
    assert_refused(get(f"Bearer {sign(claims, key=settings.SECRET_KEY)}"))


def test_a_refresh_token_is_no_access_token(alice):
    assert_refused(get(f"Bearer {sign_in(alice).refresh}"))


def test_another_persons_session_does_not_help(claims, sign):
    claims["sub"] = str(UserFactory().pk)

    assert_refused(get(f"Bearer {sign(claims)}"))


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "Bearer nonsense", "Bearer a.b.c", "Bearer ü"])
def test_junk_is_refused(db, authorization):
    assert_refused(get(authorization))


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Token abc"])
def test_other_schemes_count_as_nothing(db, authorization):
    response = get(authorization)

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(
    "change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(hours=1)}]
)
def test_a_dead_sessions_token_is_refused(claims, sign, change):
    Session.objects.update(**change)

    assert_refused(get(f"Bearer {sign(claims)}"))


def test_a_deactivated_persons_token_is_refused(alice, claims, sign):
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert_refused(get(f"Bearer {sign(claims)}"))


def test_who_calls_costs_one_query(alice_client, django_assert_num_queries):
    with django_assert_num_queries(2):  # who you are, your profile
        alice_client.get(URL)
