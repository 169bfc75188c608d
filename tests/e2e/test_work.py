"""Staff at work in a real browser: twenty documents with the keyboard alone, and two people who want the same one."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.client import PDF, image_file
from tests.e2e.browser import Visitor, chromium
from tests.e2e.people import data_of, joined

pytestmark = [pytest.mark.sqlite, pytest.mark.browser]

DOCUMENTS = 20
ACCOUNT = "Wk-7731-console"
QUEUED = "() => document.querySelectorAll('[data-work-row]').length"


def send_documents(infloo, count: int, file: Any) -> None:
    for number in range(count):
        with joined(infloo, f"person{number}", 1) as person:
            data_of(person.post("/api/v1/users/verify", data={"type": "identity"}, files={"file": file}), 201)


def make_colleague(infloo, name: str) -> None:
    account = {"USERNAME": name, "EMAIL": f"{name}@infloo.in", "PASSWORD": ACCOUNT}
    settings = {f"DJANGO_SUPERUSER_{field}": text for field, text in account.items()}
    infloo.manage("createsuperuser", "--noinput", **settings)


def decide(page: Page, *keys: str) -> None:
    """Press these keys, and wait for the page that they lead to."""
    before = page.url
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)


def test_twenty_documents_are_decided_with_the_keyboard_alone(start):
    infloo = start()
    make_colleague(infloo, "ada")
    send_documents(infloo, DOCUMENTS, image_file())
    with chromium() as browser:
        visitor = Visitor(browser.new_page(), infloo.url)
        visitor.sign_in("ada", ACCOUNT)
        page = visitor.page

        page.keyboard.press("g")
        decide(page, "w")
        assert page.evaluate(QUEUED) == DOCUMENTS
        page.keyboard.press("j")
        decide(page, "Enter")
        started = time.perf_counter()
        for number in range(DOCUMENTS):
            decide(page, *(["x", "2"] if number % 5 == 4 else ["a"]), "Control+Enter")
        seconds = (time.perf_counter() - started) / DOCUMENTS

        assert "Nothing waits here." in page.inner_text("main, #content, body")
        assert visitor.problems == []
    print(f"{seconds:.2f} s for each document")
    decided = infloo.ask("SELECT status, reason, count(*) FROM accounts_document GROUP BY 1, 2 ORDER BY 1")
    assert decided == [("approved", "", 16), ("rejected", "The document has expired.", 4)]


def test_two_who_want_the_same_document(start):
    infloo = start()
    for name in ("ada", "vera"):
        make_colleague(infloo, name)
    send_documents(infloo, 1, ("licence.pdf", PDF, "application/pdf"))  # whose viewer takes the focus
    with chromium() as browser:
        ada, vera = (Visitor(browser.new_context().new_page(), infloo.url) for _ in range(2))
        for visitor, name in ((ada, "ada"), (vera, "vera")):
            visitor.sign_in(name, ACCOUNT)
            visitor.visit("/admin/work/documents/1/")
        ada.page.keyboard.press("c")
        ada.page.wait_for_selector("[data-work-renew]")

        vera.page.keyboard.press("a")
        vera.page.keyboard.press("n")
        vera.page.keyboard.type("ax1 is not a key here")
        vera.page.keyboard.press("Control+Enter")
        vera.page.wait_for_selector("text=ada is working on it. You can take it over.")
        assert vera.page.input_value("textarea") == "ax1 is not a key here"
        assert vera.page.is_checked("[value=approve]")

        vera.page.locator("h1, [data-work-holder]").first.click()
        vera.page.keyboard.press("c")
        vera.page.wait_for_selector("[data-work-renew]")
        decide(vera.page, "a", "Control+Enter")

    assert infloo.ask("SELECT status FROM accounts_document") == [("approved",)]
    assert infloo.ask("SELECT action FROM core_auditentry WHERE action LIKE 'work.%'") == [("work.taken_over",)]
