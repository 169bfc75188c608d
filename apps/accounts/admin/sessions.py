from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RadioFilter, RangeDateTimeFilter
from unfold.decorators import action, display

from apps.accounts.devices import device_or_unknown
from apps.accounts.models import Block, LinkedLogin, Session
from apps.accounts.models.sessions import SessionQuerySet
from apps.accounts.services import staff
from apps.core.console import ModelAdmin, ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest


class AliveFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("alive", "Signed in")]

    def queryset(self, request: HttpRequest, queryset: SessionQuerySet) -> SessionQuerySet:
        return queryset.alive() if self.value() == "alive" else queryset


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ["person", "named_device", "address", "state", "created_at", "last_used_at"]
    list_select_related = ["user__profile"]
    list_filter = [AliveFilter, ("user", AutocompleteSelectFilter), ("last_used_at", RangeDateTimeFilter)]
    search_fields = ["user__username", "=ip"]
    search_help_text = "A username or an address."
    ordering = ["-pk"]
    actions = ["end_sessions"]
    fields = [
        "user",
        "named_device",
        "user_agent",
        "address",
        "state",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    readonly_fields = ["named_device", "address", "state"]
    person = person_column("user", "person")

    @display(description="device", ordering="device")
    def named_device(self, session: Session) -> str:
        return device_or_unknown(session.device)

    @display(description="address", ordering="ip")
    def address(self, session: Session) -> str | None:
        return session.ip

    @display(description="state", label={"signed in": "success", "ended": "danger", "expired": "warning"})
    def state(self, session: Session) -> str:
        if session.revoked_at or session.user.is_away:
            return "ended"
        return "expired" if session.expires_at <= timezone.now() else "signed in"

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.end_session")

    @action(description="End selected sessions", permissions=["end"])
    def end_sessions(self, request: SignedInRequest, queryset: QuerySet[Session]) -> None:
        chosen = list(queryset.select_related("user__user_type"))
        theirs = [session for session in chosen if staff.may(request.user, "accounts.end_session", session.user)]
        for session in theirs:
            staff.end_session(session=session, by=request.user)
        self.message_user(request, f"Ended {len(theirs)} session{pluralize(len(theirs))}.")
        if len(theirs) < len(chosen):
            self.message_user(request, "Sessions of colleagues are ended by superusers only.", messages.WARNING)


@admin.register(LinkedLogin)
class LinkedLoginAdmin(ReadOnlyAdmin):
    """By what a provider knows somebody is theirs, and nobody has to see it."""

    list_display = ["person", "provider", "linked_at"]
    list_select_related = ["user__profile"]
    list_filter = ["provider", ("user", AutocompleteSelectFilter)]
    search_fields = ["user__username"]
    search_help_text = "A username."
    ordering = ["-pk"]
    fields = ["user", "provider", "linked_at"]
    person = person_column("user", "person")


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin):
    list_display = ["blocking", "hidden_from", "created_at"]
    list_select_related = ["blocker__profile", "blocked__profile"]
    list_filter = [("blocker", AutocompleteSelectFilter), ("blocked", AutocompleteSelectFilter)]
    search_fields = ["blocker__username", "blocked__username"]
    search_help_text = "A username of either side."
    ordering = ["-pk"]
    blocking, hidden_from = person_column("blocker", "who blocks"), person_column("blocked", "whom")
