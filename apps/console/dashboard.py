"""The first page of the console: how things stand, and what waits for somebody."""

from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.console.site import pages_of
from apps.core.declarations import Card, Panel, declared
from apps.core.http.auth import SignedInRequest
from apps.core.mail.files import MAILS_STAY_HERE


def dashboard(request: SignedInRequest, context: dict[str, Any]) -> dict[str, Any]:
    pages = pages_of(request)
    cards = [shown(card, request.user, pages) for card in declared("console", "CARDS") if card.model in pages]
    return context | {
        "title": "Overview",
        "warning": MAILS_STAY_HERE if settings.MAILS_STAY_HERE else "",
        "cards": cards,
        "columns": 3 if len(cards) % 3 == 0 else 4,
        "panels": [
            {"title": panel.title, "kind": panel.kind, "content": panel.content(request.user)}
            for panel in declared("console", "PANELS")
            if may_see(panel, request.user, pages)
        ],
    }


def shown(card: Card, viewer: User, pages: dict[str, str]) -> dict[str, Any]:
    return {"title": card.title, "link": pages[card.model], **card.figure(viewer)._asdict()}


def may_see(panel: Panel, viewer: User, pages: dict[str, str]) -> bool:
    return panel.model in pages and (not panel.permission or viewer.has_perm(panel.permission))
