from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.accounts.services.staff import change_account
from apps.core.http.links import file_url
from tests.accounts.test_get_profile import OWN_KEYS
from tests.client import ApiClient
from tests.factories import StaffFactory, UserFactory
from tests.moderation.people import come_back, go_away, log_in, reactivate
from tests.races import together


@pytest.fixture
def token(alice) -> str:
    return go_away(alice)


def refused(response) -> bool:
    sentence = "Invalid or expired token."
    return response.status_code == 400 and response.json() == {
        "error": "Validation Error",
        "detail": sentence,
        "code": "bad_token",
        "status_code": 400,
        "details": {"token": [sentence]},
    }


def test_it_answers_as_a_login(alice, token):
    response = reactivate(token)

    body = response.json()
    alice.refresh_from_db()
    assert response.status_code == 200
    assert body["message"] == "Login successful."
    assert set(body["data"]) == {"access", "refresh", "token_type", "expires_in", "user"}
    assert (body["data"]["token_type"], body["data"]["expires_in"]) == ("bearer", 1800)
    assert set(body["data"]["user"]) == OWN_KEYS
    assert (alice.is_active, alice.deactivated_at, alice.state) == (True, None, User.State.ACTIVE)


def test_it_signs_in(alice, token):
    client = come_back(token)

    assert client.get("/users/profile").json()["data"]["username"] == "alice"
    assert Session.objects.filter(revoked_at=None).count() == 1
    assert log_in(alice).status_code == 200


def test_the_sessions_of_before_stay_dead(alice):
    phone = ApiClient(alice)

    come_back(go_away(alice))

    assert phone.get("/users/profile").status_code == 401


def test_it_works_once(alice, token):
    come_back(token)

    assert refused(reactivate(token))


def test_each_of_several_logins_gets_one_that_works(alice, token):
    second = log_in(alice).json()["reactivate"]

    come_back(token)

    assert refused(reactivate(second))


def test_a_token_is_worth_nothing_for_the_next_time_away(alice, token):
    come_back(token)
    go_away(alice)

    assert refused(reactivate(token))
    assert not User.objects.get(pk=alice.pk).is_active


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (16, False)])
def test_it_is_good_for_15_minutes(token, monkeypatch, minutes, works):
    later = timezone.now() + timedelta(minutes=minutes)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)

    response = reactivate(token)

    assert response.status_code == 200 if works else refused(response)


def test_a_new_password_makes_it_worthless(alice, token):
    alice.refresh_from_db()
    alice.set_password("N3w-secret!")
    alice.save(update_fields=["password"])

    assert refused(reactivate(token))


@pytest.mark.parametrize("kind", ["empty", "nonsense", "changed", "a file's", "an access token"])
def test_other_tokens_are_refused(alice, token, kind):
    signature = file_url("story", alice.pk, alice.pk).partition("sig=")[2]
    access = ApiClient(UserFactory()).defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    tokens = {
        "empty": "",
        "nonsense": "é" * 50,
        "changed": token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
        "a file's": signature,
        "an access token": access,
    }

    assert refused(reactivate(tokens[kind]))


def test_it_is_no_other_token(token):
    assert ApiClient().get("/users/profile", authorization=f"Bearer {token}").status_code == 401
    assert ApiClient().post("/users/auth/refresh", {"refresh": token}).status_code == 401


def test_nobody_switches_themselves_on_whom_staff_switched_off(alice, token):
    alice.refresh_from_db()
    change_account(user=alice, fields=["is_active"], by=StaffFactory())

    assert refused(reactivate(token))
    assert log_in(alice).json()["code"] == "account_inactive"


def test_a_person_who_is_gone_does_not_come_back(alice, token):
    alice.delete()

    assert refused(reactivate(token))


def test_the_token_is_required(db):
    response = ApiClient().post("/users/reactivate", {})

    assert response.json()["details"] == {"token": ["This field is required."]}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_come_back_once(alice, token):
    statuses = together(*[lambda: reactivate(token).status_code] * 4)

    assert sorted(statuses) == [200, 400, 400, 400]
    assert Session.objects.filter(revoked_at=None).count() == 1
