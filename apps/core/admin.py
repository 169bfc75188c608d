from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AllValuesCheckboxFilter, AutocompleteSelectFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.models import AuditEntry, IdempotencyKey


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
        try:
            options = apps.get_model(label)._meta
            page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row_id])
        except (LookupError, ValueError, NoReverseMatch):
            return entry.target
        return format_html('<a href="{}" class="text-link">{} {}</a>', page, options.verbose_name, row_id)


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
