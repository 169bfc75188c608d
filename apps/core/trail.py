"""How the audit trail reads: as sentences, with links for whoever may follow them."""

from functools import cache

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from apps.core.declarations import declared
from apps.core.models import AuditEntry

NOBODY = "Somebody"
"""Who runs commands on the server."""


class RowLinks:
    """Links to the pages of rows, for those lists that whoever asks may open; plain text otherwise."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request
        self.allowed: dict[str, bool] = {}

    def to(self, label: str, row_id: str, text: str) -> str:
        """`text`, leading to the row of `label`, as app.model."""
        page = page_of(label, row_id) if self.may_open(label) else None
        return format_html('<a href="{}" class="text-link">{}</a>', page, text) if page else text

    def to_list(self, model: type[Model], text: str, **query: str) -> str:
        """`text`, leading to the list of `model`; nothing for whoever may not open it."""
        label = model._meta.label_lower
        page = reverse(f"admin:{label.replace('.', '_')}_changelist", query=query)
        return format_html('<a href="{}" class="text-link">{}</a>', page, text) if self.may_open(label) else ""

    def may_open(self, label: str) -> bool:
        if label not in self.allowed:
            self.allowed[label] = self.request is not None and may_open(self.request, label)
        return self.allowed[label]


def may_open(request: HttpRequest, label: str) -> bool:
    try:
        page = admin.site._registry.get(apps.get_model(label))
    except (LookupError, ValueError):
        return False
    return page is not None and page.has_view_permission(request)


def page_of(label: str, row_id: str) -> str | None:
    """The address of a row of `label`, as app.model, if there is such a page."""
    try:
        options = apps.get_model(label)._meta
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row_id])
    except (LookupError, ValueError, NoReverseMatch):
        return None


@cache
def sentences() -> dict[str, str]:
    return {sentence.action: sentence.words for sentence in declared("console", "SENTENCES")}


def sentence_of(entry: AuditEntry, links: RowLinks) -> str:
    """What was done, without who did it: “approved bob's identity document”."""
    words = sentences().get(entry.action, f"{entry.action.replace('{', '').replace('}', '')}: {{thing}}")
    return format_html(words, thing=thing_of(entry, links), person=person_of(entry, links))


def thing_of(entry: AuditEntry, links: RowLinks) -> str:
    label, _, row_id = entry.target.partition(":")
    if label == settings.AUTH_USER_MODEL.lower() and entry.person:
        return person_of(entry, links)
    name = links.to(label, row_id, entry.target_name or entry.target)
    return format_html("{}'s {}", person_of(entry, links), name) if entry.person else name


def person_of(entry: AuditEntry, links: RowLinks) -> str:
    return links.to(settings.AUTH_USER_MODEL, str(entry.person_id), str(entry.person)) if entry.person else "nobody"


def actor_of(entry: AuditEntry) -> str:
    return str(entry.actor or NOBODY)


def details_of(entry: AuditEntry) -> str:
    """What was changed, and why: “Capacity: 10 → 20. Because: the room is larger”."""
    changes = "; ".join(change_in_words(field, values) for field, values in sorted((entry.changes or {}).items()))
    return ". ".join(part for part in (changes, entry.note and f"Because: {entry.note}") if part)


def change_in_words(field: str, values: list[str]) -> str:
    return f"{capfirst(field)}: {values[0]} → {values[1]}" if values else capfirst(field)
