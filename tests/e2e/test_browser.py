"""The console of the demo network and the public pages, as a browser shows them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page

from tests.client import PDF
from tests.e2e.browser import Visitor, chromium, password_in
from tests.e2e.conftest import Home
from tests.e2e.files import FILM
from tests.e2e.people import data_of, joined, log_in
from tests.e2e.people import visitor as visitor_of

pytestmark = [pytest.mark.sqlite, pytest.mark.browser]

LINKS = "() => [...document.querySelectorAll('#nav-sidebar a')].map(link => link.getAttribute('href') || '')"
COLUMNS = """() => {
    const cells = [...document.querySelectorAll('#result_list tbody [data-label]')];
    const said = cell => cell.innerText.trim() || (cell.querySelector('img, input') ? 'something' : '');
    return cells.map(cell => [cell.dataset.label, said(cell)]);
}"""
FIRST_ROW = "() => document.querySelector('#result_list tbody a[href*=\"/change/\"]')?.getAttribute('href')"
NOTHING = {"", "-"}
PDF_VIEWER = "chrome-extension://"
"""Chromium's is a page of its own, inside the frame."""

GALA = {"title": "Gala", "date": "2100-01-01T18:00:00Z", "location": "Berlin"}
SOON = "the worker looks at the schedules for the first time half a minute after its start"
EMPTY_LISTS = {
    "/admin/admin/logentry/": "nobody has edited anything by hand yet",
    "/admin/django_q/ormq/": "the worker keeps up",
    "/admin/django_q/failure/": "no job has failed",
    "/admin/django_q/success/": SOON,
    "/admin/notifications/digestrun/": "it may not have been eight o'clock anywhere",
    "/admin/accounts/erasure/": "nobody has asked to be erased yet",
    "/admin/core/outgoingmail/": "nothing is sent to the people of the demo network",
    "/admin/core/refusedaddress/": "nor is anything refused",
    "/admin/core/failedattempts/": "nobody has guessed at a password yet",
    "/admin/accounts/linkedlogin/": "the demo people sign in with their passwords",
    "/admin/core/idempotencykey/": "they are forgotten after a day, and the demo people send no requests",
}
EMPTY_COLUMNS = {
    ("/admin/django_q/schedule/", "last run"): SOON,
    ("/admin/django_q/schedule/", "went well"): SOON,
    ("/admin/moderation/appeal/", "decide"): "vera made the decisions, and somebody else looks at them again",
}


@dataclass
class Walk:
    problems: list[str] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    columns: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """What the cells of a list's column say."""


@pytest.fixture(scope="module", params=["ada", "vera"])
def walk(request: pytest.FixtureRequest, demo_home: Home) -> Walk:
    """Somebody of the staff opens every list of the navigation; who may change things, the first row of each too."""
    site = demo_home.running().url
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visitor, walk = Visitor(page, site), Walk()
        visitor.sign_in(request.param, password_in(demo_home.log))
        for path in dict.fromkeys(page.evaluate(LINKS)):
            if path.count("/") == 4:  # /admin/room/model/
                look(visitor, walk, path)
                if request.param == "ada" and (row := page.evaluate(FIRST_ROW)):
                    visitor.visit(row)
        walk.problems = visitor.problems
    return walk


def look(visitor: Visitor, walk: Walk, path: str) -> None:
    page = visitor.visit(path)
    walk.pages.add(path)
    for label, said in page.evaluate(COLUMNS):
        walk.columns.setdefault((path, label), set()).add(said)


def test_every_page_loads_without_an_error_and_asks_no_other_host(walk: Walk):
    assert len(walk.pages) > 10
    assert walk.problems == []


def test_every_list_shows_something(walk: Walk):
    filled = {path for path, _ in walk.columns} | {"/admin/constance/config/"}

    assert walk.pages - filled <= EMPTY_LISTS.keys()


def test_no_list_has_an_empty_column(walk: Walk):
    assert walk.columns
    assert {column for column, said in walk.columns.items() if said <= NOTHING} <= EMPTY_COLUMNS.keys()


# What the pages' Content-Security-Policy must let through


def test_the_documentation_sends_requests(demo_home: Home):
    with chromium() as browser:
        visitor = Visitor(browser.new_page(), demo_home.running().url)
        page = visitor.visit("/api/v1/docs")
        page.click(".opblock-summary >> nth=0")
        page.click("text=Try it out")
        page.click("button.execute")
        page.wait_for_selector(".live-responses-table .response-col_status >> text=200")

    assert visitor.problems == []


def test_a_dialog_of_the_console_opens(demo_home: Home):
    with chromium() as browser:
        visitor = Visitor(browser.new_page(), demo_home.running().url)
        visitor.sign_in("ada", password_in(demo_home.log))
        page = visitor.visit("/admin/social/story/")
        visitor.visit(page.evaluate(FIRST_ROW))
        page.click("text=Take down")
        page.wait_for_selector("text=Take this story down?")

    assert visitor.problems == []


def test_a_film_plays_in_a_window_of_its_own(demo_home: Home):
    with joined(demo_home.running(), "filmer", 1) as person, chromium() as browser:
        story = person.post("/api/v1/stories", files={"content_file": ("clip.mp4", FILM)})
        page = browser.new_page()
        page.goto(data_of(story, 201)["content_url"], wait_until="commit")
        assert comes_true(page, lambda: page.evaluate("document.querySelector('video')?.videoWidth > 0"))


def comes_true(page: Page, is_so: Callable[[], bool]) -> bool:
    """Asked from outside: the policy of a file lets no script wait in its page."""
    for _ in range(200):
        if is_so():
            return True
        page.wait_for_timeout(100)
    return False


def test_the_page_for_a_decision_shows_a_pdf(demo_home: Home):
    with joined(demo_home.running(), "applicant", 1) as person, chromium() as browser:
        files = {"file": ("licence.pdf", PDF)}
        document = data_of(person.post("/api/v1/users/verify", data={"type": "identity"}, files=files), 201)
        visitor = Visitor(browser.new_page(), demo_home.running().url)
        visitor.sign_in("ada", password_in(demo_home.log))
        page = visitor.visit(f"/admin/work/documents/{document['id']}/")
        assert comes_true(page, lambda: any(frame.url.startswith(PDF_VIEWER) for frame in page.frames))


def test_a_switch_of_a_group_counts_from_the_next_request_on(demo_home: Home):
    site, secret = demo_home.running(), password_in(demo_home.log)
    with visitor_of(site) as sofia, chromium() as browser:
        log_in(sofia, "sofia", secret)
        before = sofia.post("/api/v1/events", json=GALA)
        visitor = Visitor(browser.new_page(viewport={"width": 390, "height": 844}), site.url)
        visitor.sign_in("vera", secret)
        page = visitor.visit("/admin/accounts/staffrole/")
        page.click("#result_list a >> text=Support")
        page.check("[name='may_host-events']", force=True)
        page.click("[name=_save]")
        page.wait_for_selector("text=May from now on")
        meanwhile = sofia.post("/api/v1/events", json=GALA)
        page.click("text=Yes, change it")
        page.wait_for_url(f"{site.url}/admin/accounts/staffrole/")
        after = sofia.post("/api/v1/events", json=GALA)

    assert (before.status_code, meanwhile.status_code, after.status_code) == (403, 403, 201)
    assert visitor.problems == []
