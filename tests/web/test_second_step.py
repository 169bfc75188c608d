"""The login page asks for a code, as a browser without JavaScript sees it."""

import pytest
from django.test import Client

from apps.accounts.models import Session
from apps.accounts.tokens import make_second_step
from tests.accounts.authenticator import code, with_mfa, wrong_code
from tests.factories import PASSWORD
from tests.web.test_pages import hidden_in, submit

CODE = "/login/code/"


@pytest.fixture
def browser(db) -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def codes(alice):
    return with_mfa(alice)


def first_step(browser: Client):
    return submit(browser, "/login/", email="alice", password=PASSWORD)


@pytest.mark.parametrize("kind", ["code", "backup code"])
def test_one_logs_in_with_a_code(browser, codes, kind):
    asked = first_step(browser)
    assert (asked.status_code, "One more step" in asked.content.decode()) == (200, True)
    assert PASSWORD not in asked.content.decode()
    assert "access_token" not in browser.cookies

    entered = browser.post(CODE, hidden_in(asked) | {"otp": code() if kind == "code" else codes[0]})

    assert (entered.status_code, entered["Location"]) == (302, "/")
    assert "signed in as <strong>alice</strong>" in browser.get("/").content.decode()


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize(
    ("otp", "sentence"), [("", "Enter a code"), ("abc", "This code is wrong, or was used before.")]
)
def test_a_wrong_code_may_be_tried_again(browser, otp, sentence):
    refused = browser.post(CODE, hidden_in(first_step(browser)) | {"otp": otp})

    assert (refused.status_code, sentence in refused.content.decode()) == (401, True)
    assert "WWW-Authenticate" not in refused
    assert browser.post(CODE, hidden_in(refused) | {"otp": code()}).status_code == 302


@pytest.mark.usefixtures("codes")
def test_guessing_ends_in_429(browser, settings):
    settings.THROTTLES = True
    hidden = hidden_in(first_step(browser))

    statuses = [browser.post(CODE, hidden | {"otp": wrong_code()}).status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]


@pytest.mark.usefixtures("codes")
def test_without_the_first_step_it_begins_anew(browser):
    hidden = hidden_in(first_step(browser)) | {"token": "nonsense"}

    assert browser.get(CODE)["Location"] == "/login/"
    assert browser.post(CODE, hidden | {"otp": code()})["Location"] == "/login/"
    assert not Session.objects.exists()


def test_a_first_step_is_worth_nothing_after_a_new_password(browser, alice, codes):
    hidden = hidden_in(first_step(browser)) | {"token": make_second_step(alice)}
    alice.set_password("Another@456")
    alice.save(update_fields=["password"])

    assert browser.post(CODE, hidden | {"otp": code()})["Location"] == "/login/"


def test_who_is_away_is_told_after_the_code(browser, alice, codes):
    type(alice).objects.update(is_active=False)

    refused = browser.post(CODE, hidden_in(first_step(browser)) | {"otp": code()})

    assert (refused.status_code, "Your account is inactive." in refused.content.decode()) == (403, True)
