"""Signing in with an account elsewhere, as a browser without JavaScript does."""

import re
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from django.core import signing
from django.test import Client

from apps.accounts.models import LinkedLogin, User
from apps.web import oauth
from tests.accounts.authenticator import code, with_mfa, wrong_code
from tests.accounts.providers import NAMES
from tests.factories import UserFactory

CALLBACK = "/oauth/callback"


@pytest.fixture
def browser(db) -> Client:
    return Client(enforce_csrf_checks=True)


def go_out(browser: Client, provider: str) -> str:
    """The address of the provider where a login leads."""
    answer = browser.get(f"/oauth/{provider}")
    assert (answer.status_code, answer["Cache-Control"]) == (302, "no-store")
    return answer["Location"]


def sign_in_there(address: str) -> str:
    """Where the provider sends a browser back."""
    back = httpx.get(address).headers["Location"]
    assert back.startswith(f"http://127.0.0.1:8000{CALLBACK}?")
    return back.removeprefix("http://127.0.0.1:8000")


def submit(browser: Client, **fields: str):
    html = browser.get(CALLBACK).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    return browser.post(CALLBACK, hidden | fields)


def is_signed_in(browser: Client) -> bool:
    return "signed in as" in browser.get("/").content.decode()


def altered(path: str, **changes: str) -> str:
    query = dict(parse_qsl(urlsplit(path).query)) | changes
    return f"{CALLBACK}?{urlencode(query)}"


@pytest.mark.parametrize("page", ["/login/", "/join/"])
def test_pages_offer_what_is_configured(browser, providers, settings, page):
    html = browser.get(page).content.decode()
    assert re.findall(r'href="/oauth/(\w+)"', html) == list(NAMES)

    settings.OAUTH_PROVIDERS = {}
    assert "/oauth/" not in browser.get(page).content.decode()
    assert browser.get("/oauth/google").status_code == 404
    assert browser.get("/oauth/myspace").status_code == 404


@pytest.mark.parametrize("provider", NAMES)
def test_somebody_new_says_what_they_are_and_is_in(browser, providers, provider):
    arrived = browser.get(sign_in_there(go_out(browser, provider)))
    assert (arrived.status_code, arrived["Location"]) == (302, CALLBACK)

    assert submit(browser).status_code == 400
    assert not User.objects.exists()
    done = submit(browser, role="brand", email="typed@example.com")

    assert (done.status_code, done["Location"]) == (302, "/")
    assert is_signed_in(browser)
    assert LinkedLogin.objects.get().provider == provider
    assert providers.asked.count(providers.asked[0]) == 1


@pytest.mark.parametrize("provider", NAMES)
def test_whoever_is_known_is_in_at_once(browser, providers, provider):
    user = UserFactory()
    LinkedLogin.objects.create(user=user, provider=provider, subject="1001")

    done = browser.get(sign_in_there(go_out(browser, provider)))

    assert (done.status_code, done["Location"]) == (302, "/")
    assert done.cookies["access_token"]["httponly"]
    assert is_signed_in(browser)
    assert not browser.cookies["oauth"].value


@pytest.mark.parametrize("provider", NAMES)
def test_it_asks_with_a_state_and_with_what_else_the_provider_knows(browser, providers, provider):
    asked = {name: values[0] for name, values in parse_qs(urlsplit(go_out(browser, provider)).query).items()}

    assert len(asked["state"]) == 43
    assert asked["redirect_uri"] == f"http://127.0.0.1:8000{CALLBACK}"
    assert ("code_challenge" in asked) is (provider in ("google", "github", "facebook"))
    assert ("nonce" in asked) is (provider in ("google", "facebook"))
    assert asked["client_key" if provider == "tiktok" else "client_id"] == f"{provider}-web"
    cookie = browser.cookies["oauth"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/oauth/")


def test_who_has_two_step_login_is_asked_for_a_code(browser, providers):
    user = UserFactory()
    with_mfa(user)
    LinkedLogin.objects.create(user=user, provider="github", subject="1001")

    asked = browser.get(sign_in_there(go_out(browser, "github")))
    assert (asked.status_code, asked["Location"]) == (302, CALLBACK)
    assert 'name="otp"' in browser.get(CALLBACK).content.decode()
    assert 'name="role"' not in browser.get(CALLBACK).content.decode()

    wrong = submit(browser, otp=wrong_code())
    assert (wrong.status_code, "This code is wrong" in wrong.content.decode()) == (401, True)
    assert not is_signed_in(browser)
    assert submit(browser, otp=code()).status_code == 302
    assert is_signed_in(browser)


# What is refused


def assert_refused(browser: Client, path: str) -> None:
    answer = browser.get(path)

    assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store")
    assert "start again" in answer.content.decode()
    assert "<script" not in answer.content.decode()
    assert not is_signed_in(browser)


@pytest.fixture
def back(browser, providers) -> str:
    """Where the provider sent the browser back, whose person is known."""
    LinkedLogin.objects.create(user=UserFactory(), provider="google", subject="1001")
    return sign_in_there(go_out(browser, "google"))


def test_without_the_cookie(browser, back):
    assert_refused(Client(), back)
    assert_refused(browser, CALLBACK)


@pytest.mark.parametrize("state", ["", "None", "none", "x", "é"])
def test_a_state_that_is_not_ours(browser, back, state):
    assert_refused(browser, altered(back, state=state))
    assert_refused(Client(), altered(back, state=state))


def test_the_state_of_another_browser(browser, back):
    other = Client()
    theirs = sign_in_there(go_out(other, "google"))

    assert_refused(browser, theirs)
    assert_refused(other, back)


def test_a_code_of_another_provider(browser, back, providers):
    assert_refused(browser, altered(back, code=providers.code("github")))


def test_a_code_of_another_login(browser, back):
    """Its verifier is another browser's."""
    other = parse_qs(urlsplit(sign_in_there(go_out(Client(), "google"))).query)

    assert_refused(browser, altered(back, code=other["code"][0]))


def test_a_state_that_came_back_before(browser, back, providers):
    cookie = browser.cookies["oauth"].value
    assert browser.get(back).status_code == 302
    thief = Client()
    thief.cookies["oauth"] = cookie

    assert_refused(thief, altered(back, code=providers.code("google")))


def test_a_cookie_that_was_tampered_with(browser, back):
    browser.cookies["oauth"] = browser.cookies["oauth"].value[:-1] + "_"

    assert_refused(browser, back)


def test_a_cookie_signed_for_something_else(browser, back):
    facts = signing.loads(browser.cookies["oauth"].value, salt=oauth.SALT)
    browser.cookies["oauth"] = signing.dumps(facts, salt="something else")

    assert_refused(browser, back)


def test_a_login_that_took_too_long(browser, back, monkeypatch):
    monkeypatch.setattr(signing.time, "time", lambda now=signing.time.time: now() + 601)

    assert_refused(browser, back)


def test_what_is_no_code(browser, back):
    assert_refused(browser, altered(back, code="x" * 5000))


def test_nul(browser, back):
    assert browser.get(altered(back, code="x\0y")).status_code == 400


def test_who_says_no_there_reads_so(browser, providers):
    state = parse_qs(urlsplit(go_out(browser, "github")).query)["state"][0]

    answer = browser.get(f"{CALLBACK}?error=access_denied&state={state}")

    assert answer.status_code == 400
    assert "GitHub did not sign you in." in answer.content.decode()


def test_a_provider_that_is_down_is_told(browser, back, providers):
    providers.instead = lambda: (500, {})

    answer = browser.get(back)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "does not answer at the moment" in answer.content.decode()


def test_it_is_limited_as_on_the_api(browser, back, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"oauth": "2/hour"}

    answers = [browser.get(f"{CALLBACK}?state=x") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_who_has_to_wait_keeps_the_form(browser, providers, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"oauth": "2/hour"}
    browser.get(sign_in_there(go_out(browser, "google")))

    assert [submit(browser).status_code for _ in range(2)] == [400, 429]
    settings.THROTTLES = False
    assert submit(browser, role="brand").status_code == 302


def test_looking_signs_nobody_in(browser, back):
    assert browser.head(back).status_code == 405
    assert browser.head("/oauth/google").status_code == 302
    assert not is_signed_in(browser)


def test_a_form_of_another_page_is_refused(browser, providers):
    browser.get(sign_in_there(go_out(browser, "google")))

    assert browser.post(CALLBACK, {"role": "brand"}).status_code == 403
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_said_in_plain_words(browser, providers):
    UserFactory(email="ann@example.com")
    browser.get(sign_in_there(go_out(browser, "facebook")))

    answer = submit(browser, role="brand")

    assert answer.status_code == 400
    assert "A user with that email already exists." in answer.content.decode()
