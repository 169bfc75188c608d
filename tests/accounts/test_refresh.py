from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.tokens import Purpose, read_token
from apps.core.http import throttling
from tests.client import ApiClient, sign_in
from tests.races import together

URL = "/users/auth/refresh"


def refresh(token):
    return ApiClient().post(URL, {"refresh": token})


def opens(access):
    return ApiClient().get("/users/profile", authorization=f"Bearer {access}").status_code == 200


def test_it_turns_a_refresh_token_into_a_new_pair(alice):
    first = sign_in(alice)

    response = refresh(first.refresh)

    data = response.json()["data"]
    assert response.status_code == 200
    assert response.json()["message"] == "Token refreshed"
    assert set(data) == {"access", "refresh", "expires_in"}
    assert data["expires_in"] == 1800
    assert data["refresh"] != first.refresh
    assert opens(data["access"])


def test_the_token_may_come_as_bearer(alice):
    token = sign_in(alice).refresh

    assert ApiClient().post(URL, authorization=f"Bearer {token}").status_code == 200


def test_the_new_token_can_be_refreshed_again(alice):
    second = refresh(sign_in(alice).refresh).json()["data"]

    assert refresh(second["refresh"]).status_code == 200


def test_a_session_does_not_live_longer_by_it(alice):
    token = sign_in(alice).refresh
    end = Session.objects.get().expires_at

    refresh(token)

    assert Session.objects.get().expires_at == end


def test_an_answer_that_was_lost_can_be_asked_for_again(alice):
    first = sign_in(alice).refresh
    lost = refresh(first).json()["data"]

    again = [refresh(first) for _ in range(3)]

    assert [answer.status_code for answer in again] == [200] * 3
    assert {answer.json()["data"]["refresh"] for answer in again} == {lost["refresh"]}
    assert all(opens(answer.json()["data"]["access"]) for answer in again)
    assert refresh(lost["refresh"]).status_code == 200


@pytest.fixture
def move_clock(monkeypatch):
    def move(seconds):
        later = timezone.now() + timedelta(seconds=seconds)
        monkeypatch.setattr("apps.accounts.services.sessions.timezone.now", lambda: later)

    return move


@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (31, 401)])
def test_its_predecessor_gets_the_pair_again_for_30_seconds(alice, move_clock, seconds, status):
    first = sign_in(alice).refresh
    second = refresh(first).json()["data"]

    move_clock(seconds)

    assert refresh(first).status_code == status
    assert opens(second["access"]) is (status == 200)


def test_the_30_seconds_do_not_begin_anew(alice, move_clock):
    first = sign_in(alice).refresh
    refresh(first)
    move_clock(20)
    refresh(first)

    move_clock(15)

    assert refresh(first).json()["code"] == "token_reused"


def is_over(reused, *pairs):
    """The session has ended, with all its tokens."""
    body = (reused.status_code, reused.json()["code"], reused.json()["detail"])
    dead = [not opens(pair["access"]) and refresh(pair["refresh"]).status_code == 401 for pair in pairs]
    return body == (401, "token_reused", "Invalid or expired token.") and all(dead)


def test_once_its_successor_was_used_a_token_ends_the_whole_session(alice):
    first, other_device = sign_in(alice), sign_in(alice)
    second = refresh(first.refresh).json()["data"]
    third = refresh(second["refresh"]).json()["data"]

    reused = refresh(first.refresh)

    assert is_over(reused, vars(first), second, third)
    assert opens(other_device.access)


def test_a_token_used_long_ago_ends_the_whole_session(alice):
    first = sign_in(alice)
    pairs = [vars(first)]
    for _ in range(3):
        pairs.append(refresh(pairs[-1]["refresh"]).json()["data"])

    assert is_over(refresh(pairs[1]["refresh"]), *pairs)


@pytest.mark.parametrize("ended", ["by logging out", "by staff"])
def test_a_session_that_has_ended_gives_nobody_a_pair_again(alice, ended):
    first = sign_in(alice).refresh
    pair = refresh(first).json()["data"]
    if ended == "by staff":
        alice.is_active = False
        alice.save(update_fields=["is_active"])
    else:
        ApiClient().post("/users/auth/logout", authorization=f"Bearer {pair['access']}")

    assert refresh(first).status_code == 401


@pytest.mark.parametrize("body", [None, {}, {"refresh": ""}, {"refresh": None}])
def test_a_token_that_is_not_there_is_asked_for(db, body):
    response = ApiClient().post(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == {"refresh": ["This field is required."]}


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "ü"])
def test_junk_is_refused(db, token):
    assert refresh(token).status_code == 401


def test_an_access_token_is_no_refresh_token(alice):
    response = refresh(sign_in(alice).access)

    assert response.status_code == 401
    assert response.json()["detail"] == "Invalid or expired token."


@pytest.mark.parametrize(
    "change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(hours=1)}]
)
def test_a_dead_session_gives_no_tokens(alice, change):
    token = sign_in(alice).refresh
    Session.objects.update(**change)

    response = refresh(token)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_token"


def test_a_deactivated_person_gets_no_tokens(alice):
    token = sign_in(alice).refresh
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert refresh(token).status_code == 401


def test_it_is_throttled(alice, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"refresh": "1/minute"}
    throttling.limiter().storage.reset()
    first = refresh("nonsense")

    second = refresh("nonsense")

    assert (first.status_code, first["X-RateLimit-Remaining"]) == (401, "0")
    assert (second.status_code, second["X-RateLimit-Limit"]) == (429, "1")


@pytest.mark.django_db(transaction=True)
def test_all_of_twenty_at_once_get_the_same_pair(alice):
    token = sign_in(alice).refresh

    answers = together(*[lambda: refresh(token)] * 20)

    pairs = [answer.json()["data"] for answer in answers]
    assert len({pair["refresh"] for pair in pairs}) == 1
    assert all(opens(pair["access"]) for pair in pairs)
    assert refresh(pairs[0]["refresh"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_an_old_token_and_its_successor_at_once_neither_gets_two_pairs(alice):
    """Whichever comes first: the session goes on with one pair, or is over."""
    first = sign_in(alice).refresh
    second = refresh(first).json()["data"]["refresh"]

    answers = together(*[lambda: refresh(first), lambda: refresh(second)] * 5)

    given = [id_of(answer.json()["data"]["refresh"]) for answer in answers if answer.status_code == 200]
    assert len(set(given) - {id_of(second)}) == 1
    assert set(Session.objects.filter(revoked_at=None).values_list("refresh_id", flat=True)) <= set(given)


def id_of(token):
    return read_token(token, Purpose.REFRESH).token_id
