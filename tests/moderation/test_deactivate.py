from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.accounts.services.staff import change_account
from tests.client import ApiClient, sign_in
from tests.console.conftest import browser
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.moderation.people import deactivate, log_in
from tests.races import together

URL = "/users/deactivate"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_it_says_so(alice, alice_client, method):
    before = timezone.now()

    response = alice_client.call(method, URL, {"password": PASSWORD})

    alice.refresh_from_db()
    assert response.status_code == 200
    assert response.json() == {"message": "User alice deactivated successfully", "data": None}
    assert (alice.is_active, alice.state) == (False, User.State.DEACTIVATED)
    assert before < alice.deactivated_at < timezone.now()


def test_every_session_dies(alice, alice_client):
    phone, other = ApiClient(alice), ApiClient(UserFactory())
    refresh = sign_in(alice).refresh

    deactivate(alice_client)

    assert [client.get("/users/profile").status_code for client in (alice_client, phone, other)] == [401, 401, 200]
    assert not Session.objects.filter(user=alice, revoked_at=None).exists()
    assert ApiClient().post("/users/auth/refresh", {"refresh": refresh}).status_code == 401


def test_the_sessions_of_the_console_die_for_good(db):
    sam, colleague = StaffFactory(username="sam"), StaffFactory()
    console, another = browser(sam), browser(colleague)

    deactivate(ApiClient(sam))
    User.objects.filter(pk=sam.pk).update(is_active=True, deactivated_at=None)

    assert console.get("/admin/").status_code == 302
    assert another.get("/admin/").status_code == 200


def test_the_console_lets_nobody_in_who_is_away(client, db):
    sam = StaffFactory(username="sam")
    deactivate(ApiClient(sam))

    page = client.post("/admin/login/", {"username": "sam", "password": PASSWORD})

    assert page.status_code == 200
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("body", "sentence", "code"),
    [
        ({}, "This field is required.", "validation_error"),
        ({"password": ""}, "This field is required.", "validation_error"),
        ({"password": None}, "This field may not be null.", "validation_error"),
        ({"password": 5}, "Not a valid string.", "validation_error"),
        ({"password": "Wrong@123"}, "The password is not correct.", "wrong_password"),
        ({"password": f" {PASSWORD}"}, "The password is not correct.", "wrong_password"),
    ],
)
def test_it_wants_the_right_password(alice, alice_client, body, sentence, code):
    response = alice_client.patch(URL, body)

    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "detail": sentence,
        "code": code,
        "status_code": 400,
        "details": {"password": [sentence]},
    }
    assert User.objects.get(pk=alice.pk).is_active
    assert alice_client.get("/users/profile").status_code == 200


@pytest.mark.usefixtures("_throttled")
def test_who_found_a_telephone_does_not_guess_for_ever(alice, alice_client):
    statuses = [deactivate(alice_client, "Wrong@123").status_code for _ in range(10)]

    locked = deactivate(alice_client)

    assert statuses == [400] * 10
    assert (locked.status_code, locked.json()["code"]) == (429, "throttled")
    assert 0 < int(locked["Retry-After"]) <= 900
    assert log_in(alice).status_code == 429  # one count for both ways of guessing


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 400)])
def test_without_a_password_a_login_just_now_is_enough(alice, alice_client, minutes, status):
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))

    response = alice_client.patch(URL, {})

    assert response.status_code == status
    assert User.objects.get(pk=alice.pk).is_active == (status == 400)
    if status == 400:
        assert response.json()["code"] == "recent_login_required"


def test_another_device_is_no_recent_login(alice, alice_client):
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    Session.objects.update(created_at=timezone.now() - timedelta(hours=1))
    sign_in(alice)

    assert alice_client.patch(URL, {}).status_code == 400


def test_a_right_login_is_told_how_to_come_back(alice, alice_client):
    deactivate(alice_client)

    response = log_in(alice)

    sentence = "Your account is deactivated. You can reactivate it."
    body = response.json()
    assert response.status_code == 403
    assert body.pop("reactivate")
    assert body == {"error": sentence, "detail": sentence, "code": "account_deactivated", "status_code": 403}
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_wrong_password_is_told_nothing(alice, alice_client):
    deactivate(alice_client)

    response = log_in(alice, "Wrong@123")

    assert response.status_code == 401
    assert response.json()["code"] == "bad_credentials"
    assert "reactivate" not in response.json()


@pytest.mark.usefixtures("_throttled")
def test_a_right_login_begins_the_count_of_failures_anew(alice, alice_client):
    deactivate(alice_client)
    for _ in range(9):
        log_in(alice, "Wrong@123")
    log_in(alice)

    assert [log_in(alice, "Wrong@123").status_code for _ in range(9)] == [401] * 9


def test_whom_staff_switched_off_is_told_to_ask_them(alice):
    alice.is_active = False
    change_account(user=alice, fields=["is_active"], by=StaffFactory())

    response = log_in(alice)

    assert (response.status_code, response.json()["code"]) == (403, "account_inactive")
    assert "reactivate" not in response.json()


def test_the_name_and_the_address_stay_taken(alice, alice_client):
    deactivate(alice_client)

    form = {"username": "Alice", "email": "alice@example.com", "password": PASSWORD, "role": "brand"}
    response = ApiClient().post("/users/auth/register", form)

    assert set(response.json()["details"]) == {"username", "email"}


def test_the_database_knows_nobody_who_is_active_and_away(alice):
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=alice.pk).update(deactivated_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_deactivates_once(alice):
    clients = [ApiClient(alice) for _ in range(4)]

    statuses = together(*[lambda client=client: deactivate(client).status_code for client in clients])

    assert sorted(statuses) == [200, 401, 401, 401]


@pytest.mark.django_db(transaction=True)
def test_no_login_slips_through_while_somebody_leaves(alice):
    for _ in range(10):
        User.objects.filter(pk=alice.pk).update(is_active=True, deactivated_at=None)
        leaving = ApiClient(alice)

        together(lambda client=leaving: deactivate(client), lambda: log_in(alice))

        assert not Session.objects.filter(revoked_at=None).exists()


def test_it_costs_the_same_however_many_sessions_there_are(alice):
    def queries(count: int) -> int:
        User.objects.filter(pk=alice.pk).update(is_active=True, deactivated_at=None)
        clients = [ApiClient(alice) for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert deactivate(clients[0]).status_code == 200
        return len(captured)

    assert queries(1) == queries(10)
