"""The rows of the libraries, as pages of this console."""

from typing import Any, ClassVar

from constance.admin import Config, ConstanceAdmin
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django_q import admin as q2
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from apps.core.console import ModelAdmin, ReadOnlyAdmin

admin.site.unregister([Config, Group, Schedule, Success, Failure, OrmQ])


class SiteSettings(Config):
    class Meta(Config.Meta):
        verbose_name_plural = "site settings"

    _meta = Meta()


class SiteSettingsAdmin(ConstanceAdmin, ModelAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"title": "Site settings", **(extra_context or {})})
        return response


admin.site.register([SiteSettings], SiteSettingsAdmin)


@admin.register(Group)
class GroupAdmin(ModelAdmin, DjangoGroupAdmin):
    superuser_fields = {"permissions"}


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was edited by hand in this console."""

    list_display = ["action_time", "user", "content_type", "object_repr", "changes"]
    list_select_related = ["user", "content_type"]
    list_filter = [("user", AutocompleteSelectFilter), ("action_time", RangeDateTimeFilter)]
    search_fields = ["object_repr"]
    fields = ["action_time", "user", "content_type", "object_id", "object_repr", "changes"]
    readonly_fields = ["changes"]

    @display(description="changes")
    def changes(self, entry: LogEntry) -> str:
        return entry.get_change_message()


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin, q2.ScheduleAdmin):
    """When jobs start. What they do is code: whoever could write a function's name here could run anything."""

    list_display = ["name", "schedule_type", "next_run", "last_run", "went_well"]
    list_display_links = ["name"]
    list_filter = [("schedule_type", ChoicesDropdownFilter)]
    search_fields = ["name", "func"]
    readonly_fields = ["name", "func"]
    fields = ["name", "func", "schedule_type", "minutes", "next_run", "repeats"]

    @display(description="last run")
    def last_run(self, schedule: Schedule) -> str | None:
        link: str | None = self.get_last_run(schedule)
        return link

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


@admin.register(Success)
class SuccessAdmin(ReadOnlyAdmin, q2.TaskAdmin):
    list_display = ["name", "func", "started", "took"]
    list_filter = [("started", RangeDateTimeFilter)]
    actions: ClassVar[list[str]] = []
    fields = TASK_FIELDS

    @display(description="took")
    def took(self, task: Success) -> str:
        return f"{task.time_taken():.2f} s"


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin, q2.FailAdmin):
    list_display = ["name", "func", "stopped", "attempt_count", "short_result"]
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
    def run_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        q2.resubmit_task(self, request, queryset)


@admin.register(OrmQ)
class QueueAdmin(ReadOnlyAdmin, q2.QueueAdmin):
    list_display = ["name", "func", "lock"]
    list_filter: ClassVar[list[str]] = []
    fields = ["name", "func", "args", "lock"]
    readonly_fields = ["name", "func", "args"]
