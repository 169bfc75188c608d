from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone

from apps.accounts.models import KnownAddress, Session, User
from apps.accounts.services import sessions
from apps.core.http import throttling
from tests.accounts.test_get_profile import OWN_KEYS
from tests.client import ApiClient, caller_at
from tests.factories import PASSWORD, UserFactory

URL = "/users/auth/login"
REFUSED = "No active account found with the given credentials"


class CountingHasher(MD5PasswordHasher):
    calls = 0

    def encode(self, password, salt):
        type(self).calls += 1
        return super().encode(password, salt)


@pytest.fixture
def _throttled(settings):
    settings.THROTTLES = True
    throttling.limiter().storage.reset()


def login(name="alice", password=PASSWORD, *, client=None, **headers):
    return (client or ApiClient()).post(URL, {"username": name, "password": password}, **headers)


def test_a_session_keeps_the_whole_address(alice):
    login(client=caller_at("2001:db8::7"))

    assert Session.objects.get().ip == "2001:db8::7"


def test_it_opens_a_session(alice):
    response = login(user_agent="phone")

    body = response.json()
    session = Session.objects.get()
    assert response.status_code == 200
    assert body["message"] == "Login successful."
    assert set(body["data"]) == {"access", "refresh", "token_type", "expires_in", "user"}
    assert (body["data"]["token_type"], body["data"]["expires_in"]) == ("bearer", 1800)
    assert (session.user, session.user_agent, session.ip) == (alice, "phone", "127.0.0.1")
    assert session.expires_at.date() == (timezone.now() + timedelta(days=30)).date()


def test_it_answers_the_own_profile(alice):
    user = login().json()["data"]["user"]

    assert set(user) == OWN_KEYS
    assert user["email"] == "alice@example.com"
    assert user["last_login"] is not None


def test_its_access_token_opens_the_door(alice):
    access = login().json()["data"]["access"]

    response = ApiClient().get("/users/profile", authorization=f"Bearer {access}")

    assert response.json()["data"]["username"] == "alice"


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.com", "Alice@EXAMPLE.com", " alice "])
def test_the_name_may_be_an_address_in_any_case(alice, name):
    assert login(name).status_code == 200


def test_the_name_may_be_sent_as_email(alice):
    response = ApiClient().post(URL, {"email": "alice@example.com", "password": PASSWORD})

    assert response.status_code == 200


def test_an_unverified_address_may_log_in(alice):
    assert alice.email_verified is False
    assert login().status_code == 200


@pytest.mark.parametrize(
    ("name", "password"), [("alice", "Wrong@123"), ("nobody", PASSWORD), ("alice", f"{PASSWORD} ")]
)
def test_wrong_credentials_are_all_refused_alike(alice, name, password):
    response = login(name, password)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "error": REFUSED,
        "detail": REFUSED,
        "code": "bad_credentials",
        "status_code": 401,
    }
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("password", "status", "detail"),
    [
        (PASSWORD, 403, "Your account is inactive. Please contact support."),
        ("Wrong@123", 401, REFUSED),
    ],
)
def test_only_the_right_password_learns_that_an_account_is_inactive(db, password, status, detail):
    UserFactory(username="gone", is_active=False)

    response = login("gone", password)

    assert response.status_code == status
    assert response.json()["detail"] == detail
    assert not Session.objects.exists()


def test_a_person_without_a_password_cannot_log_in(db):
    user = UserFactory(username="alice")
    user.set_unusable_password()
    user.save(update_fields=["password"])

    assert login(password="").status_code == 401


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_an_unknown_name_costs_as_much_hashing_as_a_wrong_password(alice, settings, name):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.calls = 0

    login(name, "Wrong@123")

    assert CountingHasher.calls == 1


def test_it_says_what_is_missing(db):
    response = ApiClient().post(URL, {})

    assert response.status_code == 400
    assert response.json()["details"] == {
        "username": ["This field is required."],
        "password": ["This field is required."],
    }


def test_it_refuses_unknown_fields(alice):
    response = ApiClient().post(URL, {"username": "alice", "password": PASSWORD, "remember": True})

    assert response.json()["details"] == {"remember": ["Unknown field."]}


def test_it_does_not_look_at_a_bad_token(alice):
    assert login(authorization="Bearer nonsense").status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_repeated_failures_lock_the_account_for_this_address_only(alice):
    statuses = [login(password="Wrong@123").status_code for _ in range(10)]

    locked = login()

    assert statuses == [401] * 10
    assert locked.status_code == 429
    assert locked.json()["code"] == "throttled"
    assert 0 < int(locked["Retry-After"]) <= 900
    assert login(client=caller_at("192.0.2.7")).status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_another_address_of_the_same_ipv6_network_is_no_second_set_of_guesses(alice):
    for number in range(10):
        login(password="Wrong@123", client=caller_at(f"2001:db8::{number}"))

    assert login(client=caller_at("2001:db8::abcd")).status_code == 429
    assert login(client=caller_at("2001:db8:0:1::1")).status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_the_lock_spares_other_accounts(alice):
    UserFactory(username="bob")
    for _ in range(11):
        login(password="Wrong@123")

    assert login("bob").status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_the_address_is_no_second_set_of_guesses(alice):
    names = ["alice", "ALICE", "alice@example.com", "Alice@Example.com", "alice"] * 2
    for name in names:
        login(name, "Wrong@123")

    assert login("alice@example.com").status_code == 429


@pytest.mark.usefixtures("_throttled")
def test_a_name_nobody_has_is_locked_like_any_other(db):
    statuses = [login("nobody").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


@pytest.mark.usefixtures("_throttled")
def test_a_right_password_begins_the_count_anew(alice):
    for _ in range(9):
        login(password="Wrong@123")
    login()

    statuses = [login(password="Wrong@123").status_code for _ in range(9)]

    assert statuses == [401] * 9


@pytest.mark.usefixtures("_throttled")
def test_one_address_cannot_try_a_password_on_everybody(db, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "5/15 minutes"}
    for number in range(5):
        login(f"somebody{number}", "Wrong@123")

    refused = login("another", "Wrong@123")
    assert refused.status_code == 429
    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("5", "0")
    assert 0 < int(refused["X-RateLimit-Reset"]) <= 900


@pytest.mark.usefixtures("_throttled")
def test_the_limit_comes_before_the_shape(db, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "1/15 minutes"}
    login("somebody", "Wrong@123")

    assert ApiClient().post("/users/auth/login", {"username": 5}).status_code == 429


@pytest.mark.usefixtures("_throttled")
def test_right_logins_do_not_use_up_the_address(alice, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "5/15 minutes"}

    statuses = [login().status_code for _ in range(8)]

    assert statuses == [200] * 8


@pytest.fixture
def _guessed(settings, _throttled):
    """Three strangers have tried a password on alice, and so have others on nobody; that is one too many."""
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_account": "3/hour"}
    UserFactory(username="alice")
    login(client=caller_at("192.0.2.1"))
    login(client=caller_at("2001:db8::1"))
    for number, name in enumerate(["alice", "nobody"] * 3):
        assert login(name, "Wrong@123", client=caller_at(f"203.0.113.{number}")).status_code == 401


@pytest.mark.usefixtures("db", "_guessed")
@pytest.mark.parametrize("name", ["alice", "alice@example.com", "nobody"])
def test_guesses_from_many_addresses_are_counted_together(name):
    refused = login(name, client=caller_at("203.0.113.99"))

    assert (refused.status_code, refused["X-RateLimit-Limit"]) == (429, "3")
    assert 900 < int(refused["Retry-After"]) <= 3600


@pytest.mark.usefixtures("db", "_guessed")
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::ffff"])
def test_whoever_has_signed_in_from_there_still_may(address):
    for _ in range(5):
        assert login(password="Wrong@123", client=caller_at(address)).status_code == 401  # they may mistype, too

    assert login(client=caller_at(address)).status_code == 200


@pytest.mark.usefixtures("db", "_guessed")
def test_whoever_has_a_session_there_still_may():
    session = login(client=caller_at("192.0.2.1")).json()["data"]
    caller_at("198.51.100.1").post("/users/auth/refresh", {"refresh": session["refresh"]})

    assert login(client=caller_at("198.51.100.1")).status_code == 200


@pytest.mark.usefixtures("db", "_guessed")
@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("Wrong@123", 400)])
def test_whoever_is_signed_in_may_still_show_that_it_is_they(password, status):
    access = login(client=caller_at("192.0.2.1")).json()["data"]["access"]

    answer = caller_at("203.0.113.99").patch(
        "/users/deactivate", {"password": password}, authorization=f"Bearer {access}"
    )

    assert answer.status_code == status


@pytest.mark.usefixtures("db", "_guessed")
def test_addresses_known_of_others_are_strangers(settings):
    UserFactory(username="bob")

    assert login("bob", client=caller_at("203.0.113.99")).status_code == 200
    assert login(client=caller_at("203.0.113.99")).status_code == 429


@pytest.mark.usefixtures("db", "_guessed")
def test_an_address_is_known_for_30_days():
    KnownAddress.objects.update(last_login_at=timezone.now() - timedelta(days=31))

    assert login(client=caller_at("192.0.2.1")).status_code == 429


@pytest.mark.usefixtures("_throttled")
def test_mistyping_at_home_locks_nobody_out_elsewhere(alice, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_account": "3/hour"}
    login()
    for _ in range(5):
        login(password="Wrong@123")

    assert login(client=caller_at("192.0.2.7")).status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_it_tells_how_many_attempts_are_left(alice):
    left = [login(password="Wrong@123")["X-RateLimit-Remaining"] for _ in range(11)]

    assert left == ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "0"]


@pytest.mark.usefixtures("_throttled")
def test_it_tells_of_the_count_that_has_least_left(alice, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "5/15 minutes"}

    refused = login(password="Wrong@123")

    assert (refused["X-RateLimit-Limit"], refused["X-RateLimit-Remaining"]) == ("5", "4")


@pytest.mark.usefixtures("_throttled")
def test_right_logins_have_a_limit_too(alice, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login": "2/hour"}

    statuses = [login().status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert Session.objects.count() == 2
    assert login(client=caller_at("192.0.2.7")).status_code == 200


@pytest.mark.usefixtures("_throttled", "redis_away")
def test_without_redis_guesses_are_counted_all_the_same(alice):
    statuses = [login(password="Wrong@123").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert login(client=caller_at("192.0.2.7")).status_code == 200


def test_the_device_that_was_unused_for_longest_is_signed_out(alice, monkeypatch):
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 3)
    first, second, third = [login().json()["data"] for _ in range(3)]
    Session.objects.filter(pk=Session.objects.earliest("pk").pk).update(last_used_at=timezone.now())

    login()

    assert [opens(data["access"]) for data in (first, second, third)] == [True, False, True]


def opens(access):
    return ApiClient().get("/users/profile", authorization=f"Bearer {access}").status_code == 200


def test_it_remembers_the_login(alice):
    login()

    assert User.objects.get().last_login is not None
