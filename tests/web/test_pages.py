"""The pages where mails lead, and the way in, as a browser without JavaScript sees them."""

import re

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import PasswordReset, Session, User
from apps.accounts.tokens import make_verification
from apps.core.models import OutgoingMail
from tests.accounts.mailbox import token_in
from tests.factories import PASSWORD

NEW = "Another@456"
PAGES = ["/", "/login/", "/join/", "/forgot/", "/verify-email?token=x", "/reset-password?token=x"]


@pytest.fixture
def browser(db) -> Client:
    return Client(enforce_csrf_checks=True)


def submit(browser: Client, path: str, **fields: str):
    """Open the page and send its form, with what the page put into it."""
    return browser.post(path, hidden_in(browser.get(path)) | fields)


def hidden_in(page) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))


@pytest.mark.parametrize("path", PAGES)
def test_it_is_kept_by_nobody_and_loads_from_here_only(browser, path):
    for answer in (browser.get(path), browser.head(path)):
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert browser.get(path).content.count(b"<script") == 0


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_form_without_a_field_is_refused(browser, path):
    browser.get(path)

    answer = browser.post(path, headers={"X-CSRFToken": browser.cookies["csrftoken"].value})

    assert (answer.status_code, "This field is required." in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("path", PAGES[1:])
def test_a_form_of_another_page_is_refused(browser, path):
    assert browser.post(path, {"token": "x", "password": NEW}).status_code == 403


def test_password_managers_know_their_fields(browser):
    assert b'autocomplete="current-password"' in browser.get("/login/").content
    for path in ("/join/", "/reset-password?token=x"):
        assert b'autocomplete="new-password"' in browser.get(path).content
    assert browser.get("/.well-known/change-password")["Location"] == "/forgot/"


def test_an_address_is_confirmed_by_the_button_and_not_by_opening_the_link(browser, alice):
    path = f"/verify-email?token={make_verification(alice.pk, alice.email)}"
    browser.get(path)
    alice.refresh_from_db()
    assert not alice.email_verified

    answer = submit(browser, path)

    assert (answer.status_code, "your address is confirmed" in answer.content.decode()) == (200, True)
    alice.refresh_from_db()
    assert alice.email_verified


@pytest.mark.parametrize("path", ["/verify-email?token=x", "/reset-password?token=x"])
def test_a_bad_link_says_so(browser, path):
    answer = submit(browser, path, password=NEW)

    assert answer.status_code == 400
    assert "Invalid or expired token." in answer.content.decode()


def test_a_forgotten_password_is_chosen_anew(browser, alice, run_jobs):
    answer = submit(browser, "/forgot/", email=alice.email)
    assert "on its way" in answer.content.decode()
    run_jobs()
    path = f"/reset-password?token={token_in(mail.outbox[0])}"
    browser.get(path)
    assert PasswordReset.objects.exists()

    weak = submit(browser, path, password="1234")
    assert (weak.status_code, "This password is too common." in weak.content.decode()) == (400, True)
    assert submit(browser, path, password=NEW).status_code == 200

    assert submit(browser, "/login/", email=alice.username, password=NEW).status_code == 302


def test_of_an_unknown_address_it_says_the_same(browser):
    assert "on its way" in submit(browser, "/forgot/", email="nobody@infloo.in").content.decode()
    assert not OutgoingMail.objects.exists()


def test_without_a_token_it_asks_for_the_address(browser):
    assert browser.get("/reset-password")["Location"] == "/forgot/"


def test_one_signs_up_logs_out_and_logs_in(browser):
    sent = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "role": "brand"}
    joined = submit(browser, "/join/", **sent)
    assert (joined.status_code, joined["Location"]) == (302, "/")
    assert joined.cookies["access_token"]["httponly"]
    assert "signed in as <strong>brand1</strong>" in browser.get("/").content.decode()
    assert OutgoingMail.objects.get().kind == "verify_email"

    browser.post("/logout/", {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value})
    assert not Session.objects.filter(revoked_at=None).exists()
    assert "Log in" in browser.get("/").content.decode()

    assert submit(browser, "/login/", email="brand1", password="Secret@123").status_code == 302
    assert "brand1" in browser.get("/").content.decode()


def test_what_is_refused_stands_at_its_field(browser, alice):
    answer = submit(browser, "/join/", username="Alice", email="no", password="1234", role="brand")

    html = answer.content.decode()
    assert answer.status_code == 400
    assert "Enter a valid email address." in html
    assert User.objects.count() == 1


def test_a_bad_login_says_one_thing_and_too_many_say_when(browser, alice, settings):
    wrong = submit(browser, "/login/", email="alice", password="wrong")
    assert (wrong.status_code, "No active account found" in wrong.content.decode()) == (401, True)
    assert "WWW-Authenticate" not in wrong

    settings.THROTTLES = True
    answers = [submit(browser, "/login/", email="alice", password="wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_asking_for_mails_is_limited_as_on_the_api(browser, settings):
    settings.THROTTLES = True

    answers = [submit(browser, "/forgot/", email=f"nobody{n}@infloo.in").status_code for n in range(21)]

    assert answers == [200] * 20 + [429]


def test_staff_find_the_console(browser, alice):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    submit(browser, "/login/", email="alice", password=PASSWORD)

    assert 'href="/admin/"' in browser.get("/").content.decode()
