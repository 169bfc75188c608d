"""Browsers: tokens in cookies that no script can read, and X-CSRFToken on whatever changes something."""

import pytest
from django.test import Client

from apps.accounts.models import Session
from apps.core.http.links import API
from tests.client import JSON
from tests.factories import PASSWORD, EventFactory, UserFactory


class Browser(Client):
    def __init__(self):
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)

    def csrf_token(self):
        return self.get(f"{API}/users/auth/csrf").json()["data"]["csrfToken"]

    def send(self, path, data=None, *, method="POST", token=None):
        headers = {"X-CSRFToken": token or self.csrf_token()} if token != "" else {}
        body = b"" if data is None else self._encode_json(data, JSON)
        return self.generic(method, API + path, body, JSON, headers=headers)

    def sign_in(self, password=PASSWORD):
        return self.send("/users/auth/jwt/create", {"email": "bob@example.com", "password": password})


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def browser(bob):
    browser = Browser()
    browser.sign_in()
    return browser


def test_signing_in_sets_cookies_and_shows_no_token(bob):
    browser = Browser()

    response = browser.sign_in()

    assert (response.status_code, response.json()["message"]) == (200, "Login successful")
    assert response.json()["data"] == {"email": "bob@example.com", "user_id": bob.pk}
    for name, age in (("access_token", 30 * 60), ("refresh_token", 30 * 24 * 60 * 60)):
        cookie = response.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["secure"]) == (True, "Lax", age, "")
        assert cookie.value not in response.content.decode()


def test_over_https_cookies_are_for_https_only(bob, settings):
    settings.SESSION_COOKIE_SECURE = True

    assert Browser().sign_in().cookies["access_token"]["secure"] is True


@pytest.mark.parametrize("token", ["", "wrong", "x" * 64])
@pytest.mark.parametrize("path", ["/users/auth/jwt/create", "/users/auth/jwt/refresh"])
def test_signing_in_and_refreshing_want_the_csrf_token(bob, path, token):
    data = {"email": "bob@example.com", "password": PASSWORD} if path.endswith("create") else None

    response = Browser().send(path, data, token=token)

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert not Session.objects.exists()


def test_a_wrong_password_is_as_for_any_login(bob):
    response = Browser().sign_in("wrong")

    assert (response.status_code, response.json()["code"]) == (401, "bad_credentials")
    assert not response.cookies.keys() & {"access_token", "refresh_token"}


def test_a_wrong_password_counts_as_for_any_login(bob, settings):
    settings.THROTTLES = True

    answers = [Browser().sign_in("wrong") for _ in range(11)]

    assert [answer["X-RateLimit-Remaining"] for answer in answers] == [*map(str, reversed(range(10))), "0"]
    assert (answers[-1].status_code, answers[-1]["Retry-After"]) == (429, answers[-1]["X-RateLimit-Reset"])


def test_reading_needs_the_cookie_only(browser):
    assert browser.get(f"{API}/users/profile").json()["data"]["username"] == "bob"
    assert browser.get(f"{API}/stream/poll").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/users/profile"), ("POST", "/blocks"), ("DELETE", "/blocks/1")]
)
def test_changing_needs_the_csrf_token_too(browser, method, path):
    data = {} if method != "DELETE" else None

    refused = browser.send(path, data, method=method, token="")

    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert browser.send(path, data, method=method).status_code in (200, 400, 404)


def test_a_header_is_taken_before_the_cookie_and_needs_no_csrf_token(browser):
    other = UserFactory(username="carol")
    login = Browser().generic(
        "POST", f"{API}/users/auth/login", b'{"username": "carol", "password": "Secret@123"}', JSON
    )
    header = {"Authorization": f"Bearer {login.json()['data']['access']}"}

    response = browser.generic("PATCH", f"{API}/users/profile", b'{"bio": "me"}', JSON, headers=header)

    assert response.json()["data"]["id"] == other.pk


def test_a_bad_cookie_is_refused_on_public_routes_too(bob):
    EventFactory()
    browser = Browser()
    browser.cookies["access_token"] = "not.a.token"

    assert browser.get(f"{API}/events").status_code == 401


def test_refreshing_gives_new_cookies(browser):
    before = browser.cookies["refresh_token"].value

    response = browser.send("/users/auth/jwt/refresh")

    assert (response.status_code, response.json()) == (200, {"message": "Token refreshed", "data": None})
    assert response.cookies["refresh_token"].value != before
    assert browser.get(f"{API}/users/profile").status_code == 200


def test_two_tabs_at_once_end_with_the_same_cookie(browser):
    used = browser.cookies["refresh_token"].value
    first = browser.send("/users/auth/jwt/refresh").cookies["refresh_token"].value
    browser.cookies["refresh_token"] = used

    second = browser.send("/users/auth/jwt/refresh")

    assert (second.status_code, second.cookies["refresh_token"].value) == (200, first)
    assert browser.send("/users/auth/jwt/refresh").status_code == 200


def test_a_refresh_that_fails_clears_both_cookies(browser):
    used = browser.cookies["refresh_token"].value
    browser.send("/users/auth/jwt/refresh")
    browser.send("/users/auth/jwt/refresh")
    browser.cookies["refresh_token"] = used

    response = browser.send("/users/auth/jwt/refresh")

    assert (response.status_code, response.json()["code"]) == (401, "token_reused")
    assert [response.cookies[name].value for name in ("access_token", "refresh_token")] == ["", ""]
    assert not Session.objects.alive().exists()


def test_no_cookie_refreshes_nothing(bob):
    assert Browser().send("/users/auth/jwt/refresh").status_code == 401


def test_logging_out_clears_them(browser):
    response = browser.send("/users/auth/logout")

    assert response.status_code == 200
    assert [response.cookies[name].value for name in ("access_token", "refresh_token")] == ["", ""]
    assert browser.get(f"{API}/users/profile").status_code == 401
