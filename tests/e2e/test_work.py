"""Staff at work in a real browser: twenty documents with the keyboard alone, and two people who want the same one."""

import time

import pytest
from playwright.sync_api import Browser, Page

from tests.client import PDF, image_file
from tests.e2e.browser import Visitor, chromium, password_in
from tests.e2e.conftest import Home, Infloo
from tests.e2e.people import data_of, joined
from tests.e2e.test_browser import PDF_VIEWER

pytestmark = [pytest.mark.sqlite, pytest.mark.browser]

DOCUMENTS = 20
CHROMIUM_S = (PDF_VIEWER, "chrome://")
"""What its viewer of PDFs is made of."""
QUEUED = "() => document.querySelectorAll('[data-work-row]').length"
WAITING = "SELECT count(*) FROM accounts_document WHERE status = 'pending'"


def send_document(infloo: Infloo, username: str, file: object) -> int:
    with joined(infloo, username, 1) as person:
        answer = person.post("/api/v1/users/verify", data={"type": "identity"}, files={"file": file})
        return int(data_of(answer, 201)["id"])


def sign_in(browser: Browser, home: Home, name: str) -> Visitor:
    visitor = Visitor(browser.new_context().new_page(), home.running().url)
    visitor.sign_in(name, password_in(home.log))
    return visitor


def press(page: Page, *keys: str) -> None:
    """These keys, and wait for the page that they lead to."""
    before = page.url
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)


def test_twenty_documents_are_decided_with_the_keyboard_alone(demo_home):
    infloo = demo_home.running()
    for number in range(DOCUMENTS - infloo.ask(WAITING)[0][0]):
        send_document(infloo, f"queued{number}", image_file())
    expired = "SELECT count(*) FROM accounts_document WHERE reason = 'The document has expired.'"
    before = infloo.ask(expired)[0][0]
    with chromium() as browser:
        visitor = sign_in(browser, demo_home, "ada")
        page = visitor.page

        press(page, "g", "w")
        page.click(".work-tabs >> text=Documents")
        page.wait_for_url("**/admin/work/?tab=documents")
        waiting = page.evaluate(QUEUED)
        page.keyboard.press("j")
        press(page, "Enter")
        started = time.perf_counter()
        for number in range(waiting):
            press(page, *(["x", "2"] if number % 5 == 4 else ["a"]), "Control+Enter")
        seconds = (time.perf_counter() - started) / waiting

        assert "Nothing waits here." in page.inner_text("body")
        assert [problem for problem in visitor.problems if not any(own in problem for own in CHROMIUM_S)] == []
    print(f"{seconds:.2f} s for each document")
    assert waiting >= DOCUMENTS
    assert infloo.ask(WAITING) == [(0,)]
    assert infloo.ask(expired)[0][0] == before + waiting // 5


def test_two_who_want_the_same_document(demo_home):
    infloo = demo_home.running()
    document = send_document(infloo, "wanted", ("licence.pdf", PDF, "application/pdf"))  # whose viewer takes the focus
    with chromium() as browser:
        ada, vera = (sign_in(browser, demo_home, name) for name in ("ada", "vera"))
        for visitor in (ada, vera):
            visitor.visit(f"/admin/work/documents/{document}/")
        ada.page.keyboard.press("c")
        ada.page.wait_for_selector("[data-work-renew]")

        vera.page.keyboard.press("a")
        vera.page.keyboard.press("n")
        vera.page.keyboard.type("ax1 is not a key here")
        vera.page.keyboard.press("Control+Enter")
        vera.page.wait_for_selector("text=Ada Okafor is working on it. You can take it over.")
        assert vera.page.input_value("textarea") == "ax1 is not a key here"
        assert vera.page.is_checked("[value=approve]")

        vera.page.locator("[data-work-holder]").first.click()
        vera.page.keyboard.press("c")
        vera.page.wait_for_selector("[data-work-renew]")
        press(vera.page, "a", "Control+Enter")

    assert infloo.ask(f"SELECT status FROM accounts_document WHERE id = {document}") == [("approved",)]
    taken_over = "SELECT count(*) FROM core_auditentry WHERE action = 'work.taken_over'"
    assert infloo.ask(taken_over) == [(1,)]
