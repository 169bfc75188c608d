"""Two-step login in the console, as a browser shows it."""

import secrets
import time

import pytest
from playwright.sync_api import Page
from pyotp import TOTP

from tests.e2e import people
from tests.e2e.browser import Visitor, chromium
from tests.e2e.conftest import Infloo
from tests.e2e.people import data_of, joined

pytestmark = [pytest.mark.sqlite, pytest.mark.browser]

PASSWORD = "Wk-7731-console"


@pytest.fixture
def person(shared: Infloo) -> str:
    """Somebody who may enter the console."""
    name = f"staff{secrets.token_hex(4)}"
    account = {"USERNAME": name, "EMAIL": f"{name}@infloo.in", "PASSWORD": PASSWORD}
    shared.manage("createsuperuser", "--noinput", **{f"DJANGO_SUPERUSER_{key}": text for key, text in account.items()})
    return name


def first_step(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/admin/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")


def second_step(page: Page, site: str, otp: str) -> None:
    page.fill("[name=otp]", otp)
    page.press("[name=otp]", "Enter")
    page.wait_for_url(f"{site}/admin/")


def log_out(page: Page) -> None:
    page.evaluate("document.querySelector('#logout-form').submit()")
    page.wait_for_selector("text=Log in again")


def test_one_sets_it_up_and_logs_in_with_a_code_and_with_a_backup_code(shared: Infloo, person: str):
    site = shared.url
    with chromium() as browser:
        visitor = Visitor(browser.new_page(viewport={"width": 1440, "height": 900}), site)
        visitor.sign_in(person, PASSWORD)
        page = visitor.visit("/admin/two-step-login/")
        page.click("text=Set up")
        box = page.locator("svg.segno").bounding_box()
        assert box
        assert (box["width"], box["height"]) > (150, 150)
        app = TOTP(page.inner_text("#secret"))
        page.fill("[name=otp]", app.now())
        page.click("text=Switch on")
        page.wait_for_selector("#backup-codes")
        codes = page.locator("#backup-codes li").all_inner_texts()
        assert len(set(codes)) == 10

        log_out(page)
        first_step(page, site, person)
        second_step(page, site, app.at(time.time(), counter_offset=1))
        log_out(page)
        first_step(page, site, person)
        second_step(page, site, codes[0])
        assert "9 backup codes left" in visitor.visit("/admin/two-step-login/").inner_text("body")

    assert visitor.problems == []


def test_the_login_page_asks_for_a_code(shared: Infloo):
    """Without JavaScript."""
    with joined(shared, "codekeeper", 1) as person, chromium() as browser:
        app = TOTP(data_of(person.post("/api/v1/users/auth/mfa/setup"))["secret"])
        [code, *_] = data_of(person.post("/api/v1/users/auth/mfa/confirm", json={"otp": app.now()}))["backup_codes"]
        page = browser.new_page(java_script_enabled=False)
        page.goto(f"{shared.url}/login/")
        page.fill("[name=email]", "codekeeper")
        page.fill("[name=password]", people.PASSWORD)
        page.press("[name=password]", "Enter")
        page.fill("[name=otp]", code)
        page.press("[name=otp]", "Enter")
        page.wait_for_url(f"{shared.url}/")

        assert "signed in as codekeeper" in page.inner_text("main")
