"""Take the pictures of the README anew, from a demo network that is started for it: `make screenshots`."""

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.e2e.browser import Visitor, chromium, password_in
from tests.e2e.conftest import ROOT, Home

IMAGES = ROOT / "docs/images"
SIZE = {"width": 1440, "height": 900}
COLOURS = 128
CONSOLE = {
    "overview": "/admin/",
    "events": "/admin/events/event/",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), {"DEMO": "1"})
        try:
            take(home.start().url, password_in(home.log))
        finally:
            home.clear()


def take(site: str, password: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with chromium() as browser:
        visitor = Visitor(browser.new_page(viewport=SIZE), site)
        visitor.sign_in("ada", password)
        for name, path in CONSOLE.items():
            keep(visitor.visit(path), name)
        page = visitor.visit("/admin/accounts/document/?status__exact=pending")
        page.click("#result_list a[href^='/admin/work/']")
        visitor.wait()
        keep(page, "review")
        keep(group_to_confirm(visitor), "group")
        visitor.visit("/api/v1/docs").wait_for_selector(".opblock")
        keep(page, "api")


def group_to_confirm(visitor: Visitor) -> Page:
    page = visitor.visit("/admin/accounts/staffrole/")
    page.click("text=Community manager")
    visitor.wait()
    page.check("#id_may_edit-people", force=True)
    page.uncheck("#id_may_see-taxonomies", force=True)
    page.click("[name=_save]")
    page.wait_for_selector("text=Whom it touches")
    return page


def keep(page: Page, name: str) -> None:
    """With few colours, which is all that a console has, and so small."""
    page.wait_for_timeout(1000)  # charts grow
    with Image.open(BytesIO(page.screenshot())) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
