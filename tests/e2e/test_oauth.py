"""Signing in with an account elsewhere: a browser without JavaScript, real processes, and providers of another site."""

import pytest
from playwright.sync_api import Page

from tests.accounts.providers import NAMES, running_providers
from tests.e2e.browser import chromium
from tests.e2e.conftest import Start

TITLES = {"google": "Google", "github": "GitHub", "facebook": "Facebook", "instagram": "Instagram", "tiktok": "TikTok"}


def go_on(page: Page, url: str, provider: str) -> str:
    """What the page says on which one arrives."""
    page.goto(f"{url}/login/")
    page.click(f"text={TITLES[provider]}")
    return page.inner_text("main")


@pytest.mark.browser
@pytest.mark.sqlite
def test_one_joins_with_each_provider_and_comes_back(start: Start):
    with running_providers() as fake:
        fake.url = fake.url.replace("127.0.0.1", "localhost")  # another site: the cookie must come along all the same
        settings = {f"{name.upper()}_CLIENT_ID": f"{name}-web,{name}-app" for name in NAMES}
        settings |= {f"{name.upper()}_SECRET": f"{name}-secret" for name in NAMES}
        settings |= {f"{name.upper()}_BASE_URL": fake.base(name) for name in NAMES}
        infloo = start(**settings)
        with chromium() as browser:
            for number, provider in enumerate(NAMES):
                fake.person.subject, fake.person.email = str(number + 1), f"{provider}@example.com"
                page = browser.new_context(java_script_enabled=False).new_page()

                assert f"{TITLES[provider]} has confirmed that it is you." in go_on(page, infloo.url, provider)
                assert page.url == f"{infloo.url}/oauth/callback"
                page.select_option("[name=role]", "brand")
                if page.locator("[name=email]").count():
                    page.fill("[name=email]", f"{provider}@example.com")
                page.click("main form button")
                assert "You are signed in as" in page.inner_text("main")

                page.click("text=Log out")
                assert "You are signed in as" in go_on(page, infloo.url, provider)
        rows = infloo.ask("SELECT provider FROM accounts_linkedlogin ORDER BY id")

    assert [name for (name,) in rows] == list(NAMES)
    log = (infloo.data.parent / "run.log").read_text()
    assert "/oauth/callback" in log
    assert not [secret for secret in ("code=", "state=", "code-", "token-", "-secret") if secret in log]
