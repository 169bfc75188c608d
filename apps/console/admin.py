"""The rows of the libraries, as pages of this console."""

from datetime import datetime
from typing import Any, ClassVar

from constance.admin import Config, ConstanceAdmin
from constance.forms import ConstanceForm
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.db import transaction
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime
from django_q import admin as q2
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.sites import UnfoldAdminSite

from apps.core import audit
from apps.core.changes import in_words
from apps.core.console import ModelAdmin, ReadOnlyAdmin, history_page
from apps.core.http.auth import SignedInRequest

admin.site.unregister([Config, Schedule, Success, Failure, OrmQ])


def search(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """As Unfold's; nothing stands on a page that is not there."""
    try:
        page: HttpResponse = UnfoldAdminSite.search(admin.site, request, extra_context)
    except InvalidPage:
        return HttpResponse()
    return page


def get_app_list(request: Any, app_label: str | None = None) -> list[Any]:
    """As Django's, made once for each request: navigation, first page and templates all ask for it."""
    if app_label is not None:
        part: list[Any] = UnfoldAdminSite.get_app_list(admin.site, request, app_label)
        return part
    if not hasattr(request, "app_list"):
        request.app_list = UnfoldAdminSite.get_app_list(admin.site, request)
    found: list[Any] = request.app_list
    return found


admin.site.get_app_list = get_app_list  # type: ignore[method-assign]
admin.site.search = search  # type: ignore[attr-defined]  # Unfold's


SITE_SETTINGS = "constance.config:Config"
"""What the trail calls them: they are one thing, with a history of its own."""


class SiteSettings(Config):
    class Meta(Config.Meta):
        verbose_name_plural = "site settings"

    _meta = Meta()


class SiteSettingsForm(ConstanceForm):
    def __init__(self, *args: Any, request: SignedInRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.by = request.user

    @transaction.atomic
    def save(self) -> list[str]:
        changed: list[str] = super().save()
        values = {name: [in_words(self.initial[name]), in_words(self.cleaned_data[name])] for name in changed}
        if changed:
            changes = {name.replace("_", " ").lower(): value for name, value in values.items()}
            audit.record(actor=self.by, action="settings.changed", target=SITE_SETTINGS, changes=changes)
        return changed


class SiteSettingsAdmin(ConstanceAdmin, ModelAdmin):
    change_list_form = SiteSettingsForm

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"title": "Site settings", **(extra_context or {})})
        return response

    def history_view(self, request: HttpRequest, object_id: Any = None, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return history_page(request, self, SITE_SETTINGS, "Site settings")

    def _log_config_change(self, request: HttpRequest, changed_fields: list[str]) -> None:
        """Its form has written it into the audit trail."""


admin.site.register([SiteSettings], SiteSettingsAdmin)


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin, q2.ScheduleAdmin):
    """When jobs start. What they do is code: whoever could write a function's name here could run anything."""

    list_display = ["name", "how_often", "next_start", "last_run", "went_well"]
    list_display_links = ["name"]
    list_filter = [("schedule_type", ChoicesDropdownFilter)]
    search_fields = ["name", "func"]
    readonly_fields = ["name", "func"]
    fields = ["name", "func", "schedule_type", "minutes", "next_run", "repeats"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        with_end: QuerySet[Any] = rows.annotate(
            stopped=Subquery(Task.objects.filter(id=OuterRef("task")).values("stopped"))
        )
        return with_end

    @display(description="how often", ordering="schedule_type")
    def how_often(self, schedule: Any) -> str:
        if schedule.schedule_type == Schedule.MINUTES:
            return f"Every {schedule.minutes} minutes"
        return str(schedule.get_schedule_type_display())

    @display(description="next start", ordering="next_run")
    def next_start(self, schedule: Any) -> datetime | None:
        moment: datetime | None = schedule.next_run
        return moment

    @display(description="last run", ordering="stopped")
    def last_run(self, schedule: Any) -> str | None:
        if schedule.stopped is None:
            return None
        page = "success" if schedule.task_success else "failure"
        address = reverse(f"admin:django_q_{page}_change", args=[schedule.task_id])
        return format_html('<a href="{}" class="text-link">{}</a>', address, localize(localtime(schedule.stopped)))

    @display(description="went well", boolean=True)
    def went_well(self, schedule: Any) -> bool | None:
        success: bool | None = schedule.task_success
        return success

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Cron expressions need a package that is not installed.
        kwargs["choices"] = [choice for choice in Schedule.TYPE if choice[0] != Schedule.CRON]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


TASK_FIELDS: list[str] = ["name", "func", "args", "started", "stopped", "attempt_count"]


class JobAdmin(ReadOnlyAdmin):
    @display(description="job", header=True, ordering="func")
    def job(self, row: Any) -> list[str]:
        """In words, and as code: apps.core.tasks.prune is “Core: prune”."""
        *_, room, _, name = ["", "", *str(row.func).split(".")]
        return [f"{room}: {name}".replace("_", " ").lstrip(": ").capitalize(), str(row.func)]


@admin.register(Success)
class SuccessAdmin(JobAdmin, q2.TaskAdmin):
    list_display = ["job", "started", "took"]
    list_filter = [("started", RangeDateTimeFilter)]
    actions: ClassVar[list[str]] = []
    fields = TASK_FIELDS

    @display(description="took")
    def took(self, task: Success) -> str:
        return f"{task.time_taken():.2f} s"


@admin.register(Failure)
class FailureAdmin(JobAdmin, q2.FailAdmin):
    list_display = ["job", "stopped", "attempt_count", "short_result"]
    list_filter = [("stopped", RangeDateTimeFilter)]
    actions = ["run_again"]
    fields: ClassVar[list[str]] = [*TASK_FIELDS, "result"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_q.change_failure")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Who has looked at one may forget it."""
        return request.user.has_perm("django_q.delete_failure")

    @action(description="Run selected jobs again", permissions=["retry"])
    @transaction.atomic
    def run_again(self, request: SignedInRequest, queryset: QuerySet[Any]) -> None:
        audit.record_all(actor=request.user, action="job.run_again", targets=queryset)
        q2.resubmit_task(self, request, queryset)


@admin.register(OrmQ)
class QueueAdmin(JobAdmin, q2.QueueAdmin):
    list_display = ["job", "lock"]
    list_filter: ClassVar[list[str]] = []
    fields = ["name", "func", "args", "lock"]
    readonly_fields = ["name", "func", "args"]
