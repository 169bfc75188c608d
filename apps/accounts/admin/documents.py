from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from apps.accounts.models import Document
from apps.core.console import ReadOnlyAdmin, person_column, work_on
from apps.core.http.auth import SignedInRequest
from apps.core.reading.viewer import Viewer


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Rows are decided where staff work, by the service the API uses."""

    list_display = ["person", "type", "state", "length", "created_at", "decided_by", "reviewed_at", "review_link"]
    list_select_related = ["user__profile", "reviewed_by__profile"]
    list_filter = [
        ("type", ChoicesDropdownFilter),
        ("user", AutocompleteSelectFilter),
        ("reviewed_by", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["user__username", "user__email", "=sha256"]
    search_help_text = "A username, an e-mail address or the SHA-256 of a file."
    actions_detail = ["review"]
    fields = [
        *["user", "type", "state", "reason", "created_at", "reviewed_by", "reviewed_at"],
        *["content_type", "length", "sha256"],
    ]
    readonly_fields = ["state", "length"]
    person, decided_by = person_column("user", "person"), person_column("reviewed_by")

    @display(
        description="status",
        ordering="status",
        label={"Pending": "warning", "Approved": "success", "Rejected": "danger"},
    )
    def state(self, document: Document) -> str:
        return document.get_status_display()

    @display(description="size", ordering="size")
    def length(self, document: Document) -> str:
        return filesizeformat(document.size)

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if self.has_review_permission(request) else [name for name in columns if name != "review_link"]

    @display(description="review")
    def review_link(self, document: Any) -> str | None:
        if not document.may_review:
            return None
        page = reverse("work_item", args=["documents", document.pk])
        word = "Review" if document.status == Document.Status.PENDING else "Look again"
        return format_html('<a href="{}" class="text-link">{}</a>', page, word)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Document]:
        return Document.objects.in_reach_of(Viewer.of(request.user)).pending_first()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) or self.has_review_permission(request)

    def has_review_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("accounts.review_document")

    @action(description="Review", url_path="review", icon="fact_check", permissions=["review"])
    def review(self, request: SignedInRequest, object_id: str) -> HttpResponseBase:
        """Its page among the work of staff."""
        return work_on(self, request, "documents", object_id)
