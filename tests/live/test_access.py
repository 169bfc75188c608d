"""Who may listen."""

import time

import pytest

from apps.accounts.models import Session
from apps.accounts.services import people, sessions, staff
from apps.accounts.tokens import Claims, Purpose, make_token, read_token
from tests.client import ApiClient, sign_in
from tests.factories import StaffFactory
from tests.live.logs import greet

URLS = ["/stream", "/stream/poll"]


def changed(tokens, **changes):
    claims = vars(read_token(tokens.access, Purpose.ACCESS)) | changes
    return make_token(Purpose.ACCESS, Claims(**claims))


def expired(user, tokens):
    return changed(tokens, expires_at=time.time() - 1)


def of_another_session(user, tokens):
    return changed(tokens, session_id=10**6)


def of_another_person(user, tokens):
    return changed(tokens, user_id=user.pk + 1)


def signed_out(user, tokens):
    sessions.logout(session=Session.objects.get())
    return tokens.access


def away(user, tokens):
    people.deactivate(user=user)
    return tokens.access


def switched_off(user, tokens):
    user.is_active = False
    staff.change_account(user=user, fields=["is_active"], by=StaffFactory())
    return tokens.access


def past(user, tokens):
    Session.objects.update(expires_at="2020-01-01T00:00:00Z")
    return tokens.access


REFUSED = [
    *(expired, of_another_session, of_another_person, signed_out, away, switched_off, past),
    lambda user, tokens: tokens.refresh,
    lambda user, tokens: tokens.access + "x",
    lambda user, tokens: "junk",
    lambda user, tokens: "%ff",
]


def by_header(path, token):
    return ApiClient().get(path, authorization=f"Bearer {token}")


def by_address(path, token):
    return ApiClient().get(f"{path}?token={token}")


def by_cookie(path, token):
    client = ApiClient()
    client.cookies["access_token"] = token
    return client.get(path)


WAYS = pytest.mark.parametrize("way", [by_header, by_address, by_cookie])


@pytest.mark.parametrize("path", URLS)
@WAYS
def test_a_good_token_opens(alice, path, way):
    assert way(path, sign_in(alice).access).status_code == 200


@pytest.mark.parametrize("path", URLS)
@pytest.mark.parametrize("make", REFUSED)
@WAYS
def test_no_other_token_opens(alice, path, make, way):
    response = way(path, make(alice, sign_in(alice)))

    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", URLS)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eDp5"}, {"authorization": "Bearer"}])
def test_nobody_listens_without_a_token(db, path, headers):
    response = ApiClient().get(path, **headers)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/stream?last_event_id=0", "/stream/poll?cursor=0"])
def test_everybody_gets_their_own_log(alice, bob, path):
    greet(alice, times=2)

    assert b"notification" in ApiClient(alice).get(path).content
    assert b"notification" not in ApiClient(bob).get(path).content


def test_a_token_in_the_address_is_in_no_log(alice, caplog, capsys):
    caplog.set_level("DEBUG")
    token = sign_in(alice).access

    by_address("/stream", token)
    by_address("/stream/poll", token[:-3])

    assert token[:-3] not in caplog.text + str([vars(record) for record in caplog.records])
    assert token[:-3] not in "".join(capsys.readouterr())
