from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest
from apps.core.http.links import file_path
from apps.core.media.kinds import PICTURES, VIDEOS
from apps.core.reading.viewer import Viewer
from apps.moderation import services
from apps.moderation.models import Report, ReportFile
from apps.moderation.targets import reportable


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """What was reported stands on a report's own page only: opening it is written into the audit trail."""

    list_display = ["target", "owner", "reason", "by", "state", "created_at"]
    list_select_related = ["target_owner__profile", "reason", "reporter__profile"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("target_type", ChoicesDropdownFilter),
        ("reason", RelatedDropdownFilter),
        ("target_owner", AutocompleteSelectFilter),
        ("reporter", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["target_owner__username", "reporter__username", "details"]
    search_help_text = "A username of either side, or words of the details."
    ordering = ["-pk"]
    change_form_outer_before_template = "admin/moderation/report/evidence.html"
    fields = ["target_link", "target_owner", "reason", "details", "reporter", "state", "created_at"]
    readonly_fields = ["target_link", "state"]
    owner, by = person_column("target_owner", "reported person"), person_column("reporter")

    @display(description="reported", ordering="target_type")
    def target(self, report: Report) -> str:
        return str(report).capitalize()

    @display(description="reported")
    def target_link(self, report: Report) -> str:
        if (target := reportable(report.target_type)) is None:
            return str(report)
        options = target.model._meta
        page = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[report.target_id])
        return format_html('<a href="{}" class="text-link">{}</a>, if it is still there', page, report)

    @display(description="status", ordering="status", label={"Open": "warning"})
    def state(self, report: Report) -> str:
        return report.get_status_display()

    def get_queryset(self, request: SignedInRequest) -> QuerySet[Report]:
        return Report.objects.visible_to(Viewer.of(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("moderation.moderate_report")

    def render_change_form(
        self, request: SignedInRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        services.open_report(report=obj, by=request.user)
        context["facts"] = [(name.replace("_", " "), text_of(value)) for name, value in obj.snapshot.items() if value]
        context["evidence"] = [shown(file, request.user.pk) for file in obj.files.order_by("pk")]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def text_of(fact: Any) -> str:
    """One line for each of several."""
    return "\n".join(fact) if isinstance(fact, list) else str(fact)


def shown(file: ReportFile, viewer_id: int) -> dict[str, Any]:
    """What the page needs to show it."""
    return {
        "title": file.name,
        "address": file_path("report", file.pk, viewer_id),
        "is_image": file.content_type in PICTURES,
        "is_video": file.content_type in VIDEOS,
    }
