from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from apps.core.confirming import ask_first
from apps.core.console import ReadOnlyAdmin, person_column, work_on
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import DomainError
from apps.core.reading.viewer import Viewer
from apps.moderation import services
from apps.moderation.models import Case, CaseQuerySet
from apps.moderation.words import Action
from apps.moderation.work import evidence_of

DECISION_COLOURS = {
    "None": "info",
    "Warned": "warning",
    "Removed": "warning",
    "Suspended": "danger",
    "Banned": "danger",
}
DISMISSING = {
    "title": "Dismiss these cases?",
    "sentence": "They are closed, and nothing is changed. Who reported them is told that you have decided.",
    "button": "Dismiss",
}


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """What was reported stands on a case's own page only: opening it is written into the audit trail."""

    list_display = ["target", "owner", "reports_count", "severity", "state", "outcome", "created_at", "decide_link"]
    list_filter = [
        ("target_type", ChoicesDropdownFilter),
        ("decision", ChoicesDropdownFilter),
        ("target_owner", AutocompleteSelectFilter),
        ("decided_by", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["target_owner__username"]
    search_help_text = "The username of the reported person."
    ordering = ["-status", "-severity", "pk"]
    actions = ["dismiss"]
    actions_detail = ["decide"]
    change_form_outer_before_template = "admin/moderation/case/evidence.html"
    fields = [
        *["target", "target_owner", "reports_count", "severity", "state", "created_at"],
        *["outcome", "reason", "until", "decided_by", "decided_at", "appeal_link"],
    ]
    readonly_fields = ["target", "state", "outcome", "appeal_link"]
    owner = person_column("target_owner", "reported person")

    @display(description="reported", ordering="target_type")
    def target(self, case: Case) -> str:
        return str(case).capitalize()

    @display(description="status", ordering="status", label={"Open": "warning"})
    def state(self, case: Case) -> str:
        return case.get_status_display()

    @display(description="decision", ordering="decision", label=DECISION_COLOURS)
    def outcome(self, case: Case) -> str | None:
        return case.get_decision_display() if case.decision else None

    @display(description="appeal")
    def appeal_link(self, case: Case) -> str | None:
        if (appeal := getattr(case, "appeal", None)) is None:
            return None
        page = reverse("admin:moderation_appeal_change", args=[appeal.pk])
        return format_html('<a href="{}" class="text-link">{}</a>', page, appeal.get_status_display())

    @display(description="decide")
    def decide_link(self, case: Case) -> str | None:
        if not case.is_open:
            return None
        page = reverse("work_item", args=["cases", case.pk])
        return format_html('<a href="{}" class="text-link">Decide</a>', page)

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Case]:
        return Case.objects.visible_to(Viewer.of(request.user)).select_related("appeal", "target_owner__profile")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("moderation.moderate_report")

    def has_dismiss_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Where there is something to decide; whoever is late is told so by the page."""
        if not self.has_view_permission(request):
            return False
        case = self.get_object(request, str(object_id))
        return case is None or case.is_open or request.method == "POST"

    def render_change_form(
        self, request: SignedInRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        services.view_case(case=obj, by=request.user)
        context |= evidence_of(obj, request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @action(description="Dismiss selected cases", permissions=["dismiss"])
    def dismiss(self, request: SignedInRequest, queryset: CaseQuerySet) -> HttpResponse | None:
        chosen = queryset.open()
        if question := ask_first(self, request, chosen, **DISMISSING):
            return question
        for case in chosen:
            try:
                services.decide_case(case=case, by=request.user, decisions=[Action.NONE], reason="")
            except DomainError as error:
                self.message_user(request, f"{case}: {error.detail}", messages.ERROR)
            else:
                self.message_user(request, f"Dismissed: {case}.")
        return None

    @action(description="Decide", url_path="decide", icon="gavel", permissions=["decide"])
    def decide(self, request: SignedInRequest, object_id: str) -> HttpResponseBase:
        """Its page among the work of staff."""
        return work_on(self, request, "cases", object_id)

    def page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/moderation/case/{name}.html", context)
