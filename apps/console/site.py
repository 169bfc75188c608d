"""What makes the admin one product: its navigation and its tabs."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from apps.accounts.models import Document, User
from apps.core.http.auth import SignedInRequest
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Report

NAVIGATION = {
    "People": [
        ("Users", "group", "accounts.user"),
        ("User types", "badge", "accounts.usertype"),
        ("Documents", "fact_check", "accounts.document"),
        ("Sessions", "devices", "accounts.session"),
        ("Blocks", "block", "accounts.block"),
    ],
    "Network": [
        ("Connections", "handshake", "social.connection"),
        ("Stories", "amp_stories", "social.story"),
    ],
    "Events": [
        ("Events", "event", "events.event"),
        ("Attendances", "how_to_reg", "events.attendance"),
    ],
    "Chat": [
        ("Conversations", "forum", "messaging.conversation"),
        ("Messages", "chat_bubble", "messaging.message"),
    ],
    "Moderation": [
        ("Reports", "flag", "moderation.report"),
    ],
    "Notifications": [
        ("Notifications", "notifications", "notifications.notification"),
        ("Notification types", "edit_notifications", "notifications.notificationtype"),
    ],
    "Operations": [
        ("Site settings", "tune", "constance.config"),
        ("Taxonomies", "category", "accounts.taxonomy"),
        ("Groups", "shield_person", "auth.group"),
        ("Audit trail", "visibility", "core.auditentry"),
        ("Console history", "history", "admin.logentry"),
        ("Fan-outs", "campaign", "notifications.fanout"),
        ("Scheduled jobs", "schedule", "django_q.schedule"),
        ("Waiting jobs", "pending_actions", "django_q.ormq"),
        ("Failed jobs", "error", "django_q.failure"),
        ("Finished jobs", "task_alt", "django_q.success"),
        ("Idempotency keys", "key", "core.idempotencykey"),
    ],
}
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


def navigation(request: SignedInRequest) -> list[dict[str, Any]]:
    """Only what this person may open."""
    pages = pages_of(request)
    groups = [
        {"title": title, "items": [entry(request, *item, pages) for item in items if item[2] in pages]}
        for title, items in NAVIGATION.items()
    ]
    start = {"items": [{"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}]}
    return [start, *(group for group in groups if group["items"])]


def pages_of(request: HttpRequest) -> dict[str, str]:
    apps = admin.site.get_app_list(request)
    return {model["model"]._meta.label_lower: model["admin_url"] for app in apps for model in app["models"]}


def entry(request: SignedInRequest, title: str, symbol: str, model: str, pages: dict[str, str]) -> dict[str, Any]:
    item = {"title": title, "icon": symbol, "link": pages[model]}
    waiting = waiting_for(request.user, model)
    return item | {"badge": str(waiting), "badge_variant": "warning"} if waiting else item


def waiting_for(user: User, model: str) -> int:
    """How much of this waits for somebody who decides, as this person does."""
    if model == "accounts.document" and user.has_perm("accounts.review_document"):
        return Document.objects.pending().count()
    return Report.objects.visible_to(Viewer.of(user)).open().count() if model == "moderation.report" else 0


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    page = reverse("admin:accounts_document_changelist")
    chosen = request.GET.get("status__exact", "") if request.path == page else None
    choices = [("", "All"), *Document.Status.choices]
    items = [
        {"title": label, "link": f"{page}?status__exact={value}" if value else page, "active": value == chosen}
        for value, label in choices
    ]
    return [{"models": ["accounts.document"], "items": items}]
