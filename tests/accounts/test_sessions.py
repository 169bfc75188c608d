"""The devices that are signed in: listed, and signed out from another one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.services import sessions
from apps.accounts.services.sessions import open_session
from apps.core.http.clients import Client
from apps.live.models import Entry
from tests.client import ApiClient
from tests.factories import UserFactory
from tests.races import together

URL = "/users/auth/sessions"
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0"


def sign_in(user, user_agent=FIREFOX, address="192.0.2.7"):
    return open_session(user=user, client=Client(address, user_agent))


def caller_with(tokens):
    caller = ApiClient()
    caller.defaults["HTTP_AUTHORIZATION"] = f"Bearer {tokens.access}"
    return caller


def is_signed_in(caller):
    return caller.get("/users/profile").status_code == 200


def ended_streams(user):
    entries = Entry.objects.filter(head=user.pk, payload__event="session_ended")
    return list(entries.order_by("seq").values_list("object_id", flat=True))


def test_the_list_tells_of_each_device(alice, alice_client):
    here = Session.objects.get()
    sign_in(alice)
    phone = Session.objects.latest("pk")

    response = alice_client.get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "message": "OK",
        "data": [
            {
                "id": phone.pk,
                "user_agent": FIREFOX,
                "device": "Firefox on Android",
                "ip": "192.0.2.7",
                "created_at": phone.created_at.isoformat().replace("+00:00", "Z"),
                "last_used_at": phone.last_used_at.isoformat().replace("+00:00", "Z"),
                "current": False,
            },
            {
                "id": here.pk,
                "user_agent": "tests",
                "device": "unknown device",
                "ip": "127.0.0.1",
                "created_at": here.created_at.isoformat().replace("+00:00", "Z"),
                "last_used_at": here.last_used_at.isoformat().replace("+00:00", "Z"),
                "current": True,
            },
        ],
    }


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(1)}])
def test_it_lists_living_sessions_of_ones_own_only(alice, alice_client, change):
    sign_in(UserFactory())
    sign_in(alice)
    Session.objects.filter(pk=Session.objects.latest("pk").pk).update(**change)

    assert [row["current"] for row in alice_client.get(URL).json()["data"]] == [True]


def test_who_calls_without_an_address_has_none(alice, alice_client):
    sign_in(alice, address="")

    assert alice_client.get(URL).json()["data"][0]["ip"] is None


@pytest.mark.parametrize("count", [1, 20])
def test_its_query_count_does_not_grow(alice, alice_client, django_assert_num_queries, count):
    for _ in range(count):
        sign_in(alice)

    with django_assert_num_queries(2):  # who you are, sessions
        assert len(alice_client.get(URL).json()["data"]) == count + 1


def test_ending_one_ends_its_tokens_and_streams_at_once(alice, alice_client):
    tokens = sign_in(alice)
    phone, session = caller_with(tokens), Session.objects.latest("pk")
    assert is_signed_in(phone)

    response = alice_client.delete(f"{URL}/{session.pk}")

    assert (response.status_code, response.content) == (204, b"")
    assert not is_signed_in(phone)
    assert ApiClient().post("/users/auth/refresh", {"refresh": tokens.refresh}).status_code == 401
    assert ended_streams(alice) == [session.pk]
    assert is_signed_in(alice_client)


def test_ones_own_may_be_ended_too(alice_client):
    assert alice_client.delete(f"{URL}/{Session.objects.get().pk}").status_code == 204
    assert not is_signed_in(alice_client)


@pytest.mark.parametrize("whose", ["somebody else's", "an ended one", "nobody's"])
def test_what_is_not_there_is_404(alice, alice_client, whose):
    stranger = sign_in(UserFactory())
    session_id = Session.objects.latest("pk").pk
    if whose == "an ended one":
        sign_in(alice)
        session = Session.objects.latest("pk")
        sessions.logout(session=session)
        session_id = session.pk
    elif whose == "nobody's":
        session_id += 1000

    response = alice_client.delete(f"{URL}/{session_id}")

    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")
    assert is_signed_in(caller_with(stranger))


def test_ending_all_others_leaves_this_one(alice, alice_client):
    stranger = caller_with(sign_in(UserFactory()))
    others = [caller_with(sign_in(alice)) for _ in range(2)]
    ended = list(Session.objects.filter(user=alice).order_by("pk").values_list("pk", flat=True))[1:]

    response = alice_client.delete(URL)

    assert response.status_code == 204
    assert [is_signed_in(caller) for caller in (alice_client, *others, stranger)] == [True, False, False, True]
    assert ended_streams(alice) == ended


def test_ending_all_others_where_there_are_none_is_204(alice_client):
    assert alice_client.delete(URL).status_code == 204
    assert is_signed_in(alice_client)


@pytest.mark.django_db(transaction=True)
def test_two_devices_may_end_each_other_at_the_same_moment():
    user = UserFactory()
    here, there = (caller_with(sign_in(user)) for _ in range(2))
    for _ in range(3):
        sign_in(user)

    statuses = together(*[lambda caller=caller: caller.delete(URL).status_code for caller in (here, there)])

    assert set(statuses) <= {204, 401}
    assert 204 in statuses
    assert Session.objects.alive().count() <= 1


@pytest.mark.parametrize(("method", "path"), [("GET", URL), ("DELETE", URL), ("DELETE", f"{URL}/1")])
def test_it_needs_a_session(db, method, path):
    assert ApiClient().call(method, path).status_code == 401
