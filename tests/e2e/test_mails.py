"""Mails from their cause to the mailbox, by the real worker; and the pages that they lead to, without JavaScript."""

import re
import time
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.core.mail.server import mail_server
from tests.e2e.browser import chromium
from tests.e2e.conftest import Home, Installation, free_port
from tests.e2e.people import data_of, joined

SECONDS = 180
PEOPLE = 5


def wait_for(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def newest_mail(infloo: Installation, number: int) -> str:
    """The text of the mail of this number, when it is there."""
    folder = infloo.data / "mail"
    wait_for(lambda: len(list(folder.glob("*.eml"))) >= number)
    newest = max(folder.glob("*.eml"), key=lambda path: path.name)
    body = message_from_bytes(newest.read_bytes(), policy=default).get_body(("plain",))
    assert body
    return str(body.get_content())


def link_in(text: str) -> str:
    return re.findall(r"^http\S+$", text, re.MULTILINE)[0]


def fill(page: Page, **fields: str) -> str:
    """Send the form of the page; what it says then."""
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.click("main form button")
    return page.inner_text("main")


@pytest.mark.browser
@pytest.mark.sqlite
def test_one_joins_confirms_forgets_and_is_back(start):
    infloo = start()
    with chromium() as browser:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{infloo.url}/join/")
        page.select_option("[name=role]", "investor")
        assert "too common" in fill(page, username="ann", email="ann@infloo.in", password="1234")
        page.select_option("[name=role]", "investor")
        assert "signed in as ann" in fill(page, password="Secret@123")

        page.goto(link_in(newest_mail(infloo, 1)))
        assert "your address is confirmed" in fill(page)

        page.goto(f"{infloo.url}/forgot/")
        assert "on its way" in fill(page, email="Ann@infloo.in")
        page.goto(link_in(newest_mail(infloo, 2)))
        assert "every device is signed out" in fill(page, password="Another@456")

        page.goto(f"{infloo.url}/login/")
        assert "No active account" in fill(page, email="ann", password="Secret@123")
        assert "signed in as ann" in fill(page, password="Another@456")

        [(ann,)] = infloo.ask("SELECT id FROM accounts_user WHERE username = 'ann'")
        with joined(infloo, "bob", 2) as bob:
            data_of(bob.post("/api/v1/connections/request/", json={"receiver_id": ann}), 201)
        told = newest_mail(infloo, 5)  # the third said that the password was changed, the fourth is bob's
        assert "bob wants to follow you." in told
        page.goto(next(line for line in told.splitlines() if "/unsubscribe?" in line))
        assert "of this kind: New follow request?" in page.inner_text("main")
        assert "You get no more mails of this kind" in fill(page)

    log = (infloo.data.parent / "run.log").read_text()
    assert "token=" not in log


def test_a_mail_server_that_comes_back_gets_each_mail_once(tmp_path: Path):
    port = free_port()
    home = Home(tmp_path, {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "THROTTLES": "off"})
    try:
        infloo = home.start()
        for number in range(PEOPLE):
            form = {"username": f"ann{number}", "email": f"ann{number}@infloo.in", "password": "Secret@123"}
            joined = httpx.post(f"{infloo.api}/users/auth/register", json={**form, "role": "investor"})
            assert joined.status_code == 201
        wait_for(lambda: infloo.ask("SELECT count(*) FROM core_outgoingmail WHERE error <> ''")[0][0] > 0)
        wait_for(lambda: infloo.ask("SELECT count(*) FROM django_q_ormq")[0][0] == 0)  # no job is at it any more

        with mail_server(port) as mailbox:
            with closing(infloo.connect()) as connection:  # as if the minutes had passed
                connection.execute("UPDATE core_outgoingmail SET next_try_at = '2026-01-01 00:00:00+00:00'")
            for _ in range(2):  # the schedule starts it each minute
                infloo.manage("shell", "-v0", "-c", "from apps.core.tasks import *; deliver_due_mails()")
            wait_for(lambda: infloo.ask("SELECT count(*) FROM core_outgoingmail WHERE sent_at IS NULL")[0][0] == 0)

        assert sorted(str(message["To"]) for message in mailbox.arrived) == [
            f"ann{number}@infloo.in" for number in range(PEOPLE)
        ]
    finally:
        home.clear()
