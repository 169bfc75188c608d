"""A report through its decision, an appeal from the mail's page, and the way back, on the running product."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import Installation
from tests.e2e.people import WORKER_SECONDS, data_of, joined, log_in, staff, told, wait_for

CONSOLE_PASSWORD = "Wk-7731-console"
GALA = {"title": "Gala", "date": "2030-01-01T10:00:00Z", "location": "Berlin"}
REMOVED = "Your event was removed: It is not yours."
BANNED = "Your account is suspended until further notice: It is not yours."


def appeal_link(infloo: Installation, sent_to: str) -> str:
    deadline = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < deadline:
        for path in (infloo.data / "mail").glob("*.eml"):
            text = path.read_text().replace("=\n", "").replace("=3D", "=")
            if f"To: {sent_to}" in text and (found := re.search(r"^http\S+(/appeal\?token=\S+)$", text, re.MULTILINE)):
                return found[1]
        time.sleep(0.1)
    raise AssertionError("no mail of a decision")


def decide(page: Page, visit: Callable[[str], Page]) -> None:
    """First what will happen is shown; then it is done."""
    visit("/admin/moderation/case/?status__exact=open&q=mallory")
    page.click("#result_list a[href^='/admin/work/']")
    page.check("[value=remove]")
    page.check("[value=ban]")
    page.fill("[name=reason]", "It is not yours.")
    page.click("[value=decide]")
    page.wait_for_selector("[data-work-preview]")
    assert REMOVED in page.inner_text("body")
    assert BANNED in page.inner_text("body")
    page.click("[value=decide]")
    page.wait_for_url("**/admin/work/?tab=cases")


def take_back(page: Page, visit: Callable[[str], Page]) -> None:
    visit("/admin/moderation/appeal/?status__exact=open&q=mallory")
    page.click("#result_list a[href^='/admin/work/']")
    assert "It is mine" in page.inner_text("body")
    page.check("[value=overturn]")
    page.fill("[name=note]", "The papers are in order.")
    page.click("[value=decide]")
    page.wait_for_url("**/admin/work/?tab=appeals")


@pytest.fixture
def judges(shared: Installation) -> list[str]:
    """Two of the staff."""
    names = ["first.judge", "second.judge"]
    for name in names:
        with staff(shared, name):
            pass
    return names


@pytest.mark.browser
@pytest.mark.sqlite
def test_a_decision_is_made_appealed_and_taken_back(shared: Installation, judges: list[str]):
    with joined(shared, "mallory", 2) as mallory, joined(shared, "reporter", 1) as reporter, chromium() as browser:
        event = data_of(mallory.post("/api/v1/events", json=GALA), 201)["id"]
        about = {"target_type": "event", "target_id": event, "reason": "fake"}
        report = data_of(reporter.post("/api/v1/reports", json=about), 201)["id"]
        first, second = (Visitor(browser.new_page(), shared.url) for _ in judges)
        for visitor, name in zip((first, second), judges, strict=True):
            visitor.sign_in(name, CONSOLE_PASSWORD)

        decide(first.page, first.visit)

        assert reporter.get(f"/api/v1/events/{event}").status_code == 404
        assert mallory.get("/api/v1/users/profile").status_code == 401
        assert data_of(reporter.get(f"/api/v1/reports/{report}"))["decision"] == "banned"
        wait_for(reporter, "Thank you. We have decided about what you reported.")

        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(shared.url + appeal_link(shared, "mallory@infloo.in"))
        assert REMOVED in page.inner_text("main")
        page.fill("[name=text]", "It is mine: I rent the hall.")
        page.click("main form button")
        assert "we have your appeal" in page.inner_text("main")
        first.visit("/admin/moderation/appeal/?q=mallory")
        assert first.page.locator("#result_list a[href^='/admin/work/']").count() == 0

        take_back(second.page, second.visit)

        assert reporter.get(f"/api/v1/events/{event}").status_code == 200
        log_in(mallory, "mallory")
        assert "We have looked again: the decision was taken back." in told(mallory)
        assert first.problems == second.problems == []
