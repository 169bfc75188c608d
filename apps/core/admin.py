from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.models import AuditEntry, FailedAttempts, IdempotencyKey, OutgoingMail, RefusedAddress


def link_to_row(label: str, row_id: str) -> str | None:
    """To the page of a row of `label`, as app.model, if there is such a page."""
    try:
        options = apps.get_model(label)._meta
        page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row_id])
    except (LookupError, ValueError, NoReverseMatch):
        return None
    return format_html('<a href="{}" class="text-link">{} {}</a>', page, options.verbose_name, row_id)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "by", "action", "target_link", "note"]
    list_select_related = ["actor__profile"]
    list_filter = [("action", AllValuesCheckboxFilter), ("actor", AutocompleteSelectFilter)]
    search_fields = ["=target", "=request_id", "note"]
    search_help_text = "A row as app.model:id, a request id, or words of the note."
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    paginator = InfinitePaginator
    fields = ["created_at", "actor", "action", "target_link", "note", "request_id"]
    readonly_fields = ["target_link"]
    by = person_column("actor", "who")

    @display(description="target", ordering="target")
    def target_link(self, entry: AuditEntry) -> str:
        label, _, row_id = entry.target.partition(":")
        return link_to_row(label, row_id) or entry.target


@admin.register(FailedAttempts)
class FailedAttemptsAdmin(ReadOnlyAdmin):
    """Who is being guessed at, and from where; a new password forgets what was counted of an account."""

    list_display = ["limit", "tried", "network", "count", "expires_at"]
    list_filter = [("limit", AllValuesCheckboxFilter)]
    search_fields = ["=subject", "=network"]
    search_help_text = "The number of an account, or an address."
    ordering = ["-expires_at", "-pk"]
    paginator = InfinitePaginator
    fields = ["limit", "tried", "network", "count", "expires_at"]
    readonly_fields = ["tried"]

    @display(description="what was tried", ordering="subject")
    def tried(self, row: FailedAttempts) -> str:
        is_account = row.subject.isdecimal() and row.subject.isascii()
        return (is_account and link_to_row(settings.AUTH_USER_MODEL, row.subject)) or row.subject


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ["key", "person", "status", "created_at", "claimed_at"]
    list_select_related = ["user__profile"]
    list_filter = [("user", AutocompleteSelectFilter)]
    search_fields = ["=key"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    person = person_column("user", "person")
    fields = ["key", "user", "status", "created_at", "claimed_at"]  # the answer is the person's own


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waiting"), ("sent", "Sent"), ("given_up", "Given up")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return getattr(queryset, self.value())() if self.value() in dict(self.lookup_choices) else queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "person", "address", "state", "tries", "next_try_at", "error"]
    list_select_related = ["user__profile"]
    list_filter = [StateFilter, ("kind", AllValuesCheckboxFilter), ("user", AutocompleteSelectFilter)]
    search_fields = ["=address"]
    search_help_text = "A whole address."
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    paginator = InfinitePaginator
    fields = ["created_at", "kind", "user", "address", "state", "tries", "next_try_at", "sent_at", "error"]
    readonly_fields = ["state"]
    person = person_column("user", "person")

    @display(description="state", label={"sent": "success", "given up": "danger", "waiting": "warning"})
    def state(self, mail: OutgoingMail) -> str:
        if mail.sent_at:
            return "sent"
        return "waiting" if mail.next_try_at else "given up"


@admin.register(RefusedAddress)
class RefusedAddressAdmin(ReadOnlyAdmin):
    list_display = ["address", "refused_at"]
    search_fields = ["=address"]
    search_help_text = "A whole address."
    ordering = ["-refused_at"]
    fields = ["address", "refused_at"]
