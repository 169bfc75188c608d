from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.confirming import ask_first
from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import DomainError
from apps.core.http.links import file_path
from apps.core.media.kinds import PICTURES, VIDEOS
from apps.core.reading.viewer import Viewer
from apps.core.trail import RowLinks
from apps.moderation import services
from apps.moderation.models import Case, CaseQuerySet, Report, ReportFile
from apps.moderation.targets import reportable
from apps.moderation.words import Action

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
TIMES = {"created_at", "expires_at", "sent_at", "edited_at", "date", "end_date"}
CHOICES = [
    (Action.NONE, "Dismiss: nothing is wrong"),
    (Action.WARN, "Warn the person"),
    (Action.REMOVE, "Take it down"),
    (Action.SUSPEND, "Suspend the person"),
    (Action.BAN, "Ban the person for good"),
]


class DecisionForm(forms.Form):
    """What may be decided is said by the service, in its own words."""

    decisions = forms.MultipleChoiceField(
        label="Decisions", choices=CHOICES, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    until = forms.DateTimeField(
        label="Suspended until",
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "datetime-local"}),
        help_text="UTC.",
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="The person reads it. Name nobody who reported it. Not needed to dismiss.",
    )


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
        page = reverse("admin:moderation_case_decide", args=[case.pk])
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
        """A page of its own: first it shows what will happen, then it is done."""
        case = self.get_object(request, object_id)
        if case is None:
            raise Http404
        form, step = DecisionForm(request.POST or None), request.POST.get("step")
        preview = None
        if form.is_valid() and step in ("preview", "decide"):
            try:
                if step == "decide":
                    services.decide_case(case=case, by=request.user, **form.cleaned_data)
                    self.message_user(request, f"Decided: {case}.")
                    return redirect("admin:moderation_case_changelist")
                preview = services.preview(case=case, by=request.user, **form.cleaned_data)
            except DomainError as error:
                for name, sentences in error.details.items():
                    form.add_error(name if name in form.fields else None, sentences)
        context = {"title": f"Decide: {case}", "original": case, "case": case, "form": form, "preview": preview}
        return self.page(request, "decide", context)

    def page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/moderation/case/{name}.html", context)


def evidence_of(case: Case, request: SignedInRequest) -> dict[str, Any]:
    """What was reported, by whom, and what is known of both sides; with links for whoever may follow them."""
    links, target = RowLinks(request), reportable(case.target_type)
    reports = list(case.reports.select_related("reporter", "reason").order_by("pk"))
    rates = Report.objects.hit_rates([report.reporter_id for report in reports])
    earlier = Case.objects.against(case.target_owner_id).exclude(pk=case.pk).select_related("appeal")
    return {
        "target": links.to(target.model._meta.label_lower, str(case.target_id), str(case)) if target else str(case),
        "facts": [(name.replace("_", " "), text_of(name, value)) for name, value in case.snapshot.items() if value],
        "evidence": [shown(file, request.user.pk) for file in case.files.order_by("pk")],
        "reports": [
            {
                "row": report,
                "by": reporter_of(report, links),
                "rate": rates.get(report.reporter_id, (0, 0)),
            }
            for report in reports
        ],
        "earlier": earlier.order_by("-decided_at")[:10] if case.target_owner_id else [],
    }


def reporter_of(report: Report, links: RowLinks) -> str:
    return links.to("accounts.user", str(report.reporter_id), str(report.reporter)) if report.reporter else "Somebody"


def text_of(name: str, fact: Any) -> str:
    """One line for each of several; times as the console writes them."""
    if name in TIMES and (moment := parse_datetime(str(fact))):
        return date_format(moment, "DATETIME_FORMAT")
    return "\n".join(fact) if isinstance(fact, list) else str(fact)


def shown(file: ReportFile, viewer_id: int) -> dict[str, Any]:
    """What the page needs to show it."""
    return {
        "title": file.name,
        "address": file_path("report", file.pk, viewer_id),
        "is_image": file.content_type in PICTURES,
        "is_video": file.content_type in VIDEOS,
    }
