from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Session
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


def test_a_token_used_twice_ends_its_whole_session(alice):
    first, other_device = sign_in(alice), sign_in(alice)
    second = refresh(first.refresh).json()["data"]

    response = refresh(first.refresh)

    assert response.status_code == 401
    assert (response.json()["code"], response.json()["detail"]) == ("token_reused", "Invalid or expired token.")
    assert not opens(first.access)
    assert not opens(second["access"])
    assert refresh(second["refresh"]).status_code == 401
    assert opens(other_device.access)


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


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_wins_and_all_lose_the_session(alice):
    for _ in range(5):
        token = sign_in(alice).refresh
        answers = together(*[lambda token=token: refresh(token)] * 20)
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
        winner = next(answer for answer in answers if answer.status_code == 200).json()["data"]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 401} == {"token_reused"}
        assert not opens(winner["access"])
        assert refresh(winner["refresh"]).status_code == 401
