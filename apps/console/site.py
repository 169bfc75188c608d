"""What makes the admin one product: its navigation and its tabs."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from apps.accounts.models import User
from apps.console.work import waiting_count, works_of
from apps.core.declarations import Page, Tabs, declared
from apps.core.http.auth import SignedInRequest

ENVIRONMENT_COLOURS = {"production": "danger", "staging": "warning"}


def environment(request: HttpRequest) -> list[str]:
    return [settings.ENVIRONMENT, ENVIRONMENT_COLOURS.get(settings.ENVIRONMENT, "info")]


def icon(request: HttpRequest) -> str:
    return static("console/icon.svg")


def picture(request: HttpRequest) -> str:
    """Beside the form for signing in."""
    return static("console/people.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("console/console.css")


def keys(request: HttpRequest) -> str:
    return static("console/keys.js")


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """In the menu under one's name."""
    pages = {"Change password": "password_change", "Two-step login": "two_step_login"}
    return [{"title": title, "link": reverse(f"admin:{page}")} for title, page in pages.items()]


def navigation(request: SignedInRequest) -> list[dict[str, Any]]:
    """Only what this person may open."""
    addresses = pages_of(request)
    sections: dict[str, list[dict[str, Any]]] = {}
    for page in declared("console", "PAGES"):
        if page.model in addresses:
            sections.setdefault(page.section, []).append(entry(page, request.user, addresses[page.model]))
    return [start(request.user), *({"title": title, "items": items} for title, items in sections.items())]


def start(viewer: User) -> dict[str, Any]:
    """What stands above all sections."""
    items: list[dict[str, Any]] = [{"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}]
    if works_of(viewer):
        work = {"title": "Work", "icon": "inbox", "link": reverse("work_queue")}
        waiting = waiting_count(viewer)
        items.append(work | {"badge": str(waiting), "badge_variant": "warning"} if waiting else work)
    return {"items": items}


def pages_of(request: HttpRequest) -> dict[str, str]:
    apps = admin.site.get_app_list(request)
    return {model["model"]._meta.label_lower: model["admin_url"] for app in apps for model in app["models"]}


def entry(page: Page, viewer: User, address: str) -> dict[str, Any]:
    item = {"title": page.title, "icon": page.icon, "link": address}
    waiting = page.waiting(viewer) if page.waiting else 0
    return item | {"badge": str(waiting), "badge_variant": "warning"} if waiting else item


def changelist(page: Page) -> str:
    return reverse(f"admin:{page.model.replace('.', '_')}_changelist")


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"models": [page.model], "items": tab_items(page.tabs, changelist(page), request)}
        for page in declared("console", "PAGES")
        if page.tabs
    ]


def tab_items(tabs: Tabs, address: str, request: HttpRequest) -> list[dict[str, Any]]:
    chosen = request.GET.get(tabs.lookup, "") if request.path == address else None
    return [
        {"title": label, "link": f"{address}?{tabs.lookup}={value}" if value else address, "active": value == chosen}
        for value, label in tabs.choices
    ]
