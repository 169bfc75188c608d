from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.core.console import ModelAdmin, ReadOnlyAdmin, person_column
from apps.notifications.catalogue import words_of
from apps.notifications.models import (
    DigestRun,
    FanOut,
    Notification,
    NotificationType,
    Preferences,
    PreferencesQuerySet,
    TypePreference,
)
from apps.notifications.services import NAME_IN_BRACES

PRIORITY_COLOURS = {"Low": "info", "Medium": "warning", "High": "danger"}
STATE_COLOURS = {"Postponed": "info", "Telling": "warning", "Told": "success"}


class NotificationTypeForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    def clean_title(self) -> str:
        return self.with_known_names("title")

    def clean_message(self) -> str:
        return self.with_known_names("message")

    def with_known_names(self, field: str) -> str:
        text: str = self.cleaned_data[field]
        if {"{", "}"} & set(NAME_IN_BRACES.sub("", text)):
            raise forms.ValidationError("Braces hold one plain name, such as {sender}.")
        code = self.instance.code or self.cleaned_data.get("code", "")
        if unknown := in_braces(set(NAME_IN_BRACES.findall(text)) - words_of(code)):
            known = in_braces(words_of(code)) or "none"
            raise forms.ValidationError(f"Unknown here: {unknown}. Names that this text may use: {known}.")
        return text


def in_braces(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


@admin.register(NotificationType)
class NotificationTypeAdmin(ModelAdmin):
    form = NotificationTypeForm
    list_display = ["name", "message", "family", "level", "active", "code"]
    list_filter = [
        ("family", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
    ]
    search_fields = ["code", "name", "title", "message"]
    fields = [
        *["code", "family", "name", "description", "title", "message", "names"],
        *["priority", "is_active", "default_frequency"],
    ]

    @display(description="active", ordering="is_active", boolean=True)
    def active(self, kind: NotificationType) -> bool:
        return kind.is_active

    @display(description="priority", ordering="priority", label=PRIORITY_COLOURS)
    def level(self, kind: NotificationType) -> str:
        return kind.get_priority_display()

    @display(description="names they may use")
    def names(self, kind: NotificationType) -> str:
        return in_braces(words_of(kind.code)) or "-"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """The code names them, and rows of people have copied the default."""
        return ["names", "default_frequency", *(["code", "family"] if obj else [])]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["person", "kind", "message", "level", "seen", "created_at"]
    list_select_related = ["receiver__profile", "kind"]
    list_filter = [
        ("receiver", AutocompleteSelectFilter),
        ("kind", RelatedDropdownFilter),
        ("is_read", BooleanRadioFilter),
    ]
    search_fields = ["=receiver__username"]
    search_help_text = "The receiver's username, in full."
    ordering = ["-pk"]
    paginator = InfinitePaginator
    fields = [
        *["receiver", "actor", "kind", "title", "message", "level", "redirect_url"],
        *["is_read", "read_at", "created_at", "expires_at"],
    ]
    readonly_fields = ["level"]
    person = person_column("receiver")

    @display(description="read", ordering="is_read", boolean=True)
    def seen(self, notification: Notification) -> bool:
        return notification.is_read

    @display(description="priority", ordering="priority", label=PRIORITY_COLOURS)
    def level(self, notification: Notification) -> str:
        return notification.get_priority_display()


class TypePreferenceInline(TabularInline):
    model = TypePreference
    fields = ["kind", "frequency", "email_enabled", "updated_at"]
    ordering = ["kind"]
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[TypePreference]:
        rows: QuerySet[TypePreference] = super().get_queryset(request)
        return rows.select_related("kind")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Preferences)
class PreferencesAdmin(ReadOnlyAdmin):
    """Of people who have looked at them; the others have the defaults."""

    inlines = [TypePreferenceInline]
    list_display = ["person", "enable_in_app", "enable_email", "enable_push", "disabled", "updated_at"]
    list_select_related = ["user__profile"]
    list_filter = [
        ("user", AutocompleteSelectFilter),
        ("enable_in_app", BooleanRadioFilter),
        ("enable_email", BooleanRadioFilter),
    ]
    search_fields = ["=user__username"]
    search_help_text = "A username, in full."
    ordering = ["-pk"]
    fields = ["user", "enable_in_app", "enable_email", "enable_push", "created_at", "updated_at"]
    person = person_column("user")

    @display(description="types disabled")
    def disabled(self, preferences: Any) -> int:
        return int(preferences.types_disabled)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preferences]:
        rows: PreferencesQuerySet = super().get_queryset(request)
        return rows.with_types_disabled()


@admin.register(FanOut)
class FanOutAdmin(ReadOnlyAdmin):
    list_display = ["message", "kind", "by", "state", "created_at", "finished_at"]
    list_select_related = ["kind", "actor__profile"]
    list_filter = [
        ("kind", RelatedDropdownFilter),
        ("actor", AutocompleteSelectFilter),
        ("finished_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["key"]
    search_help_text = "What happened, as in event_hosted:7."
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    fields = [
        *["key", "kind", "actor", "title", "message", "priority", "redirect_url"],
        *["state", "told_up_to", "created_at", "postponed_until", "finished_at"],
    ]
    readonly_fields = ["state"]
    by = person_column("actor", "who did it")

    @display(description="state", ordering="finished_at", label=STATE_COLOURS)
    def state(self, fan_out: FanOut) -> str:
        return fan_out.state.capitalize()


@admin.register(DigestRun)
class DigestRunAdmin(ReadOnlyAdmin):
    """Whether everybody's digests were composed; the mails themselves stand in the list of mails."""

    list_display = ["slot", "frequency", "state", "finished_at"]
    list_filter = [("frequency", ChoicesDropdownFilter), ("finished_at", admin.EmptyFieldListFilter)]
    date_hierarchy = "slot"
    ordering = ["-slot", "frequency"]
    fields = ["slot", "frequency", "state", "told_up_to", "finished_at"]
    readonly_fields = ["state"]

    @display(description="state", ordering="finished_at", label=STATE_COLOURS)
    def state(self, run: DigestRun) -> str:
        return "Told" if run.finished_at else "Telling"
