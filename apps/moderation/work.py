"""Cases and appeals, as staff decide them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.accounts.models import User
from apps.core.http.auth import SignedInRequest
from apps.core.http.links import file_path
from apps.core.media.kinds import PICTURES, VIDEOS
from apps.core.reading.viewer import Viewer
from apps.core.trail import RowLinks
from apps.core.work import Choice, Fact, Preview, Summary, Work
from apps.moderation import services
from apps.moderation.models import Appeal, Case, Report, ReportFile
from apps.moderation.targets import reportable
from apps.moderation.words import Action, messages_of

DECISIONS = [
    Choice(Action.NONE, "Dismiss: nothing is wrong", "1"),
    Choice(Action.WARN, "Warn the person", "2"),
    Choice(Action.REMOVE, "Take it down", "3"),
    Choice(Action.SUSPEND, "Suspend the person", "4", is_dangerous=True),
    Choice(Action.BAN, "Ban the person for good", "5", is_dangerous=True),
]
TIMES = {"created_at", "expires_at", "sent_at", "edited_at", "date", "end_date"}
UPHOLD, OVERTURN = "uphold", "overturn"
OUTCOMES = [
    Choice(UPHOLD, "The decision stands", "1"),
    Choice(OVERTURN, "Take the decision back: what was hidden is there again, and a suspension ends", "2"),
]


class DecisionForm(forms.Form):
    """What may be decided is said by the service, in its own words."""

    decisions = forms.MultipleChoiceField(
        label="Decisions",
        choices=[(choice.value, choice.title) for choice in DECISIONS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
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


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=[(choice.value, choice.title) for choice in OUTCOMES], widget=UnfoldAdminRadioSelectWidget
    )
    note = forms.CharField(
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="For colleagues: the person is told the outcome only.",
    )


class CaseWork(Work[Case]):
    slug = "cases"
    title = "Cases"
    permission = "moderation.moderate_report"
    order = 20
    form_class = DecisionForm
    choices = DECISIONS
    evidence_template = "admin/moderation/case/evidence.html"

    def rows(self, viewer: User) -> QuerySet[Case]:
        return Case.objects.visible_to(Viewer.of(viewer)).with_people()

    def waiting(self, viewer: User) -> QuerySet[Case]:
        return Case.objects.visible_to(Viewer.of(viewer)).with_people().open().worst_first()

    def done_by(self, viewer: User) -> QuerySet[Case]:
        return self.rows(viewer).filter(decided_by=viewer).order_by("-decided_at")

    def summary(self, row: Case) -> Summary:
        reports = "1 report" if row.reports_count == 1 else f"{row.reports_count} reports"
        text = f"{row.get_target_type_display()} by {row.target_owner or 'somebody who is gone'}: {reports}"
        return Summary(text, row.target_owner, row.decided_at or row.created_at, row.severity)

    def outcome(self, row: Case) -> str:
        if row.decided_at is None:
            return ""
        by = row.decided_by or "a former colleague"
        return ". ".join(filter(None, [f"{row.get_decision_display()} by {by}", row.reason]))

    def evidence(self, row: Case, request: SignedInRequest) -> dict[str, Any]:
        services.view_case(case=row, by=request.user)
        return evidence_of(row, request)

    def facts(self, row: Case) -> list[Fact]:
        return [Fact("Severity", str(row.severity)), *decisions_about(row.target_owner)]

    def preview(self, row: Case, *, by: User, cleaned: Mapping[str, Any]) -> Preview | None:
        return services.preview(case=row, by=by, **cleaned)

    def decide(self, row: Case, *, by: User, cleaned: Mapping[str, Any]) -> str:
        services.decide_case(case=row, by=by, **cleaned)
        return f"Decided: {row}."


class AppealWork(Work[Appeal]):
    slug = "appeals"
    title = "Appeals"
    permission = "moderation.moderate_report"
    order = 30
    form_class = OutcomeForm
    choices = OUTCOMES
    evidence_template = "admin/moderation/appeal/evidence.html"

    def rows(self, viewer: User) -> QuerySet[Appeal]:
        """Nobody decides about their own decisions."""
        is_others = ~Q(status=Appeal.Status.OPEN) | ~Q(case__decided_by=viewer)
        return Appeal.objects.visible_to(Viewer.of(viewer)).in_full().filter(is_others)

    def waiting(self, viewer: User) -> QuerySet[Appeal]:
        return Appeal.objects.decidable_by(Viewer.of(viewer)).in_full().order_by("pk")

    def done_by(self, viewer: User) -> QuerySet[Appeal]:
        return self.rows(viewer).filter(decided_by=viewer).order_by("-decided_at")

    def summary(self, row: Appeal) -> Summary:
        about = row.case.get_target_type_display().lower()
        text = f"Appeal by {row.person or 'somebody who is gone'}: {about}, {row.case.get_decision_display().lower()}"
        return Summary(text, row.person, row.decided_at or row.created_at, row.case.severity)

    def outcome(self, row: Appeal) -> str:
        if row.is_open:
            return ""
        by = row.decided_by or "a former colleague"
        return ". ".join(filter(None, [f"{row.get_status_display()} by {by}", row.note]))

    def evidence(self, row: Appeal, request: SignedInRequest) -> dict[str, Any]:
        services.view_case(case=row.case, by=request.user)
        return {"told": messages_of(row.case), **evidence_of(row.case, request)}

    def facts(self, row: Appeal) -> list[Fact]:
        return decisions_about(row.person)

    def decide(self, row: Appeal, *, by: User, cleaned: Mapping[str, Any]) -> str:
        overturn = cleaned["outcome"] == OVERTURN
        services.decide_appeal(appeal=row, by=by, overturn=overturn, note=cleaned["note"])
        return f"{row.get_status_display()}: the appeal {row}."


def decisions_about(person: User | None) -> list[Fact]:
    """How often people complained about somebody, and somebody about others."""
    if person is None:
        return []
    against, made = Case.objects.filter(target_owner=person).count(), Report.objects.filter(reporter=person).count()
    page = reverse("admin:moderation_case_changelist")
    return [
        Fact(
            "Cases about them",
            str(against),
            f"{page}?target_owner__id__exact={person.pk}",
            "moderation.moderate_report",
        ),
        Fact("Reports by them", str(made)),
    ]


def evidence_of(case: Case, request: SignedInRequest) -> dict[str, Any]:
    """What was reported, by whom, and what is known of both sides; with links for whoever may follow them."""
    links, target = RowLinks(request), reportable(case.target_type)
    reports = list(case.reports.select_related("reporter", "reason").order_by("pk"))
    rates = Report.objects.hit_rates([report.reporter_id for report in reports])
    earlier = Case.objects.against(case.target_owner_id).exclude(pk=case.pk).select_related("appeal")
    return {
        "target": links.to(target.model._meta.label_lower, str(case.target_id), str(case)) if target else str(case),
        "reported": [(name.replace("_", " "), text_of(name, value)) for name, value in case.snapshot.items() if value],
        "evidence": [shown(file, request.user.pk) for file in case.files.order_by("pk")],
        "reports": [
            {"row": report, "by": reporter_of(report, links), "rate": rates.get(report.reporter_id, (0, 0))}
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


WORK = [CaseWork(), AppealWork()]
