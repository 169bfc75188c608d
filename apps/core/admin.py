from html import unescape
from operator import itemgetter
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from import_export import resources
from import_export.fields import Field
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    AutocompleteSelectFilter,
    DropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.core.console import LinkingAdmin, ReadOnlyAdmin, person_column
from apps.core.exporting import ExportAdmin
from apps.core.models import (
    AuditEntry,
    AuditEntryQuerySet,
    FailedAttempts,
    IdempotencyKey,
    OutgoingMail,
    RefusedAddress,
)
from apps.core.trail import RowLinks, actor_of, details_of, sentence_of, sentences

ACCOUNT = settings.AUTH_USER_MODEL


class SentenceFilter(DropdownFilter):
    title = "what"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = {"thing": "…", "person": "…"}
        return sorted(((action, words.format(**named)) for action, words in sentences().items()), key=itemgetter(1))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(action=self.value()) if self.value() in sentences() else None


class AuditEntryResource(resources.ModelResource):
    """What the list shows, in columns of text."""

    when = Field(attribute="created_at", column_name="when")
    who = Field(column_name="who")
    what = Field(column_name="what")
    details = Field(column_name="details")
    address = Field(attribute="address", column_name="from where")

    class Meta:
        model = AuditEntry
        fields: ClassVar = ["when", "who", "what", "details", "address"]

    def dehydrate_who(self, entry: AuditEntry) -> str:
        return actor_of(entry)

    def dehydrate_what(self, entry: AuditEntry) -> str:
        return unescape(sentence_of(entry, RowLinks()))

    def dehydrate_details(self, entry: AuditEntry) -> str:
        return details_of(entry)


@admin.register(AuditEntry)
class AuditEntryAdmin(ExportAdmin, LinkingAdmin):
    """All that staff did and saw."""

    list_display = ["created_at", "by", "sentence", "address"]
    list_filter = [
        SentenceFilter,
        ("actor", AutocompleteSelectFilter),
        ("person", AutocompleteSelectFilter),
        ("created_at", RangeDateTimeFilter),
    ]
    search_fields = ["=target", "=request_id", "note"]
    search_help_text = "A row as app.model:id, a request id, or words of the reason."
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    paginator = InfinitePaginator
    fields = ["created_at", "actor", "what", "details", "address", "request_id"]
    readonly_fields = ["what", "details"]
    by = person_column("actor", "who")
    resource_classes = [AuditEntryResource]

    def get_queryset(self, request: HttpRequest) -> AuditEntryQuerySet:
        return AuditEntry.objects.with_people()

    @display(description="what", header=True, ordering="action")
    def sentence(self, entry: Any) -> list[str]:
        return [sentence_of(entry, entry.links), details_of(entry)]

    @display(description="what")
    def what(self, entry: Any) -> str:
        return sentence_of(entry, entry.links)

    @display(description="details")
    def details(self, entry: AuditEntry) -> str:
        return details_of(entry)


@admin.register(FailedAttempts)
class FailedAttemptsAdmin(LinkingAdmin):
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
    def tried(self, row: Any) -> str:
        is_account = row.subject.isdecimal() and row.subject.isascii()
        return row.links.to(ACCOUNT, row.subject, f"user {row.subject}") if is_account else str(row.subject)


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
