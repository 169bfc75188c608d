"""A real browser that looks at the demo network and notes what went wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIETLY = [
    *["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    *["--disable-component-update", "--disable-sync"],
]
FETCH_PICTURES = "() => [...document.images].forEach(image => { image.loading = 'eager' })"
ALL_PICTURES = "() => [...document.images].every(image => image.complete)"
BROKEN_PICTURES = "() => [...document.images].filter(image => !image.naturalWidth).map(image => image.src)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """To be closed before anything else happens: while it is open, an event loop runs in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        yield browser
        browser.close()


def password_in(log: Path) -> str:
    """Of the superuser, as `make run` prints it."""
    found = re.search(r"^  ada +(\S+) ", log.read_text(), re.MULTILINE)
    assert found, "make run printed no logins"
    return found[1]


class Visitor:
    """Goes from page to page; `problems` is what a visitor with open developer tools would have seen."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.problems = page, site, list[str]()
        page.on("console", lambda said: said.type in ("error", "warning") and self.note(said.text))
        page.on("pageerror", lambda error: self.note(str(error)))
        page.on("requestfailed", self.note_failure)
        page.on("response", lambda answer: answer.status >= 400 and self.note(f"{answer.status}: {answer.url}"))
        page.on("request", self.check_host)

    def note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url}: {problem}")

    def note_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before all of it was there
            self.note(f"failed: {request.url}, {request.failure}")

    def check_host(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site}/", "data:")):
            self.note(f"another host: {request.url}")

    def visit(self, path: str) -> Page:
        """Until everything is there."""
        self.page.goto(f"{self.site}{path}")
        self.wait()
        for address in self.page.evaluate(BROKEN_PICTURES):
            self.note(f"no picture: {address}")
        return self.page

    def sign_in(self, username: str, password: str) -> None:
        self.visit("/admin/login/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{self.site}/admin/")
        self.wait()

    def wait(self) -> None:
        """Also for pictures that would wait to be scrolled to."""
        self.page.evaluate(FETCH_PICTURES)
        self.page.wait_for_function(ALL_PICTURES)
