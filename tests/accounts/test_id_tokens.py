"""What an ID token must say, tried at the operation that takes them."""

import time

import jwt
import pytest

from apps.accounts.models import User
from apps.accounts.oauth import id_tokens
from tests.accounts.test_login_by_provider import NEW, login

KEYS = "/google/oauth2/v3/certs"


@pytest.fixture(autouse=True)
def _database(db):
    pass


def code_of(answer):
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": ["google-web", "somebody-else"]},
        {"aud": None},
        {"iss": "https://accounts.google.com"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 2**33},
        {"sub": None},
        {"sub": ""},
        {"key": "somebody else"},
        {"key": "google-secret" * 3, "algorithm": "HS256"},
        {"key": None, "algorithm": "none"},
    ],
    ids=str,
)
def test_one_that_is_not_right_is_refused(providers, changes):
    token = providers.id_token("google", **changes)

    assert code_of(login("google", id_token=token, **NEW)) == (400, "provider_refused")
    assert not User.objects.exists()


def test_one_of_another_provider_is_refused(providers):
    token = providers.id_token("facebook", aud="google-web")

    assert code_of(login("google", id_token=token, **NEW)) == (400, "provider_refused")


@pytest.mark.parametrize(("made_with", "sent", "status"), [("n", "n", 201), ("n", "m", 400), (None, "n", 400)])
def test_it_belongs_to_the_login_that_asked_for_it(providers, made_with, sent, status):
    token = providers.id_token("google", nonce=made_with)

    assert login("google", id_token=token, nonce=sent, **NEW).status_code == status


def test_keys_are_read_once_and_again_for_a_new_one_at_most_once_a_minute(providers, monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(id_tokens.time, "monotonic", lambda: now)

    def status():
        return login("google", id_token=providers.id_token("google"), **NEW).status_code

    assert [status(), status()] == [201, 200]
    assert providers.asked.count(KEYS) == 1

    providers.key_id = "second"
    assert [status(), status()] == [400, 400]
    assert providers.asked.count(KEYS) == 1

    now += id_tokens.LOOKED_AGAIN_SECONDS + 1
    assert [status(), status()] == [200, 200]
    assert providers.asked.count(KEYS) == 2

    now += id_tokens.KEPT_SECONDS + 1
    assert [status(), status()] == [200, 200]
    assert providers.asked.count(KEYS) == 3


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": ["x"]}, {"keys": [{"kty": "XX"}]}, []], ids=str)
def test_a_provider_without_keys_is_down(providers, keys):
    providers.instead = lambda: (200, keys)

    assert code_of(login("google", id_token=providers.id_token("google"), **NEW)) == (503, "provider_down")


def test_what_is_no_token_is_refused(providers):
    for token in ("", "a.b.c", "é", jwt.encode({}, "k" * 32)):
        assert code_of(login("google", id_token=token, **NEW)) == (400, "provider_refused")
