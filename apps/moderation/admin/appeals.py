from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from apps.core.console import ReadOnlyAdmin, person_column, work_on
from apps.core.http.auth import SignedInRequest
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Appeal
from apps.moderation.words import messages_of


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    """Decided on a page of its own, by somebody else than who made the decision."""

    list_display = ["by", "about", "decision", "judge", "state", "created_at", "decide_link"]
    list_filter = [
        ("person", AutocompleteSelectFilter),
        ("decided_by", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
        ("status", ChoicesDropdownFilter),
    ]
    search_fields = ["person__username"]
    search_help_text = "The username of who appeals."
    ordering = ["pk"]
    actions_detail = ["decide"]
    fields = [
        *["person", "case_link", "decision", "told", "text", "state", "created_at"],
        *["decided_by", "decided_at", "note"],
    ]
    readonly_fields = ["case_link", "decision", "told", "state"]
    by = person_column("person", "person")

    @display(description="about", ordering="case__target_type")
    def about(self, appeal: Appeal) -> str:
        return str(appeal.case).capitalize()

    @display(description="decision", ordering="case__decision")
    def decision(self, appeal: Appeal) -> str:
        return appeal.case.get_decision_display()

    @display(description="decided by")
    def judge(self, appeal: Appeal) -> str:
        return str(appeal.case.decided_by or "a former colleague")

    @display(description="what they were told")
    def told(self, appeal: Appeal) -> str:
        return "\n".join(messages_of(appeal.case))

    @display(description="case")
    def case_link(self, appeal: Appeal) -> str:
        page = reverse("admin:moderation_case_change", args=[appeal.case_id])
        return format_html('<a href="{}" class="text-link">{}</a>', page, appeal.case)

    @display(
        description="status",
        ordering="status",
        label={"Open": "warning", "Upheld": "info", "Overturned": "success"},
    )
    def state(self, appeal: Appeal) -> str:
        return appeal.get_status_display()

    @display(description="decide")
    def decide_link(self, appeal: Appeal) -> str | None:
        if not appeal.decidable:
            return None
        page = reverse("work_item", args=["appeals", appeal.pk])
        return format_html('<a href="{}" class="text-link">Decide</a>', page)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Appeal]:
        viewer = Viewer.of(request.user)
        return Appeal.objects.visible_to(viewer).with_decidable(viewer).in_full()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("moderation.moderate_report")

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Where there is something for this person to decide."""
        if not self.has_view_permission(request):
            return False
        appeal = self.get_object(request, str(object_id))
        return appeal is None or appeal.decidable

    @action(description="Decide", url_path="decide", icon="balance", permissions=["decide"])
    def decide(self, request: SignedInRequest, object_id: str) -> HttpResponseBase:
        """Its page among the work of staff."""
        return work_on(self, request, "appeals", object_id)
