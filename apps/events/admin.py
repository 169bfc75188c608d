from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from apps.core import audit
from apps.core.confirming import ask_first
from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import NotFound
from apps.core.http.links import file_path, open_file_url
from apps.core.reading.search import fold
from apps.core.reading.viewer import Viewer
from apps.events import services
from apps.events.models import Attendance, Event

STATE_COLOURS = {
    "Upcoming": "info",
    "Ongoing": "success",
    "Past": "warning",
    "Cancelled": "danger",
    "Removed": "danger",
}
HIDDEN = ("cancelled", "removed")
STATUS_COLOURS = {"Going": "success", "Waitlisted": "warning", "Interested": "info"}


TAKING_DOWN = {
    "title": "Take these events down?",
    "sentence": "Nobody sees them any more, and who takes part is told that they are cancelled. After a week they are"
    " deleted, unless you restore them.",
    "button": "Take down",
}
RESTORING = {
    "title": "Restore these events?",
    "sentence": "Those that were taken down and are not deleted yet are there again, as they were.",
    "button": "Restore",
}


class ModeratedAdmin(ReadOnlyAdmin):
    """Its actions are for those who moderate events; words of events are looked for as in the API."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, fold(search_term))
        return found

    def has_moderate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("events.moderate_event")


@admin.register(Event)
class EventAdmin(ModeratedAdmin):
    list_display = ["event", "by", "date", "visibility", "places", "state"]
    list_select_related = ["host__profile"]
    list_filter = [
        ("host", AutocompleteSelectFilter),
        ("visibility", ChoicesDropdownFilter),
        ("date", RangeDateFilter),
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["search_text", "host__username"]
    search_help_text = "Words of the title, the description or the place, or the host's username."
    date_hierarchy = "date"
    ordering = ["-date", "-pk"]
    actions = ["take_down", "restore"]
    change_form_outer_before_template = "admin/events/event/cover.html"
    fields = [
        *["title", "description", "host", "date", "end_date", "location", "visibility", "capacity", "people", "state"],
        *["uid", "sequence", "created_at", "updated_at", "cancelled_at", "removed_at"],
    ]
    readonly_fields = ["people", "state"]
    by = person_column("host")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.with_going()

    def render_change_form(
        self, request: SignedInRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        """With a link to the cover for those who may see it; of an event that is cancelled or taken down nobody may."""
        viewer = Viewer.of(request.user)
        if event := Event.objects.visible_to(viewer).with_cover(viewer).filter(pk=obj.pk).first():
            if look := services.look_at_cover(event=event, by=request.user):
                audit.record_look(look)
            context["file_path"] = file_path("event", obj.pk, request.user.pk)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description="event", header=True, ordering="title")
    def event(self, event: Event) -> list[Any]:
        """With the cover if anybody may see it: a look at another would be written into the audit trail."""
        is_open = event.visibility == Event.Visibility.PUBLIC and event.state not in HIDDEN and not event.host.is_away
        cover = {"path": open_file_url("event", event.pk), "width": 64, "height": 36, "squared": True}
        return [event.title, event.location, event.title[:1], cover if is_open and event.cover else None]

    @display(description="going", ordering="attendees_count")
    def places(self, event: Any) -> str:
        return str(event.places_taken)

    @display(description="state", label=STATE_COLOURS)
    def state(self, event: Event) -> str:
        return event.state.capitalize()

    @display(description="attendances")
    def people(self, event: Any) -> str:
        page = reverse("admin:events_attendance_changelist")
        address = f"{page}?event__id__exact={event.pk}"
        return format_html('<a href="{}" class="text-link">{} going</a>', address, event.attendees_count)

    @action(description="Take down selected events", permissions=["moderate"])
    def take_down(self, request: SignedInRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **TAKING_DOWN):
            return question
        chosen = list(queryset)
        for event in chosen:
            with suppress(NotFound):  # taken down before, which is what was asked for
                services.take_down_event(event=event, by=request.user)
        self.message_user(request, f"Took down {len(chosen)} events.")
        return None

    @action(description="Restore selected events", permissions=["moderate"])
    def restore(self, request: SignedInRequest, queryset: QuerySet[Event]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **RESTORING):
            return question
        restored = 0
        for event in queryset:
            with suppress(NotFound):  # not taken down, or back already
                services.restore_event(event=event, by=request.user)
                restored += 1
        self.message_user(request, f"Restored {restored} of the selected events.")
        return None


@admin.register(Attendance)
class AttendanceAdmin(ModeratedAdmin):
    list_display = ["person", "event", "standing", "queued_at", "created_at"]
    list_select_related = ["user__profile", "event"]
    list_filter = [
        ("event", AutocompleteSelectFilter),
        ("user", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["user__username", "event__search_text"]
    search_help_text = "A username, or words of the event."
    ordering = ["-pk"]
    actions = ["remove"]
    fields = ["user", "event", "standing", "queued_at", "created_at"]
    readonly_fields = ["standing"]
    person = person_column("user", "person")

    @display(description="status", ordering="status", label=STATUS_COLOURS)
    def standing(self, attendance: Attendance) -> str:
        return attendance.get_status_display()

    @action(description="Remove selected people", permissions=["moderate"])
    def remove(self, request: SignedInRequest, queryset: QuerySet[Attendance]) -> None:
        chosen = list(queryset)
        for attendance in chosen:
            with suppress(NotFound):  # gone meanwhile, which is what was asked for
                services.leave_event(attendance=attendance, by=request.user)
        self.message_user(request, f"Removed {len(chosen)} people.")
