from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from apps.accounts.models import Erasure
from apps.accounts.services import leaving
from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Who asked to be erased; whoever is, and still stands here, is held back by an open case."""

    list_display = ["person", "state", "asked_at", "due_at"]
    list_select_related = ["user__profile"]
    search_fields = ["user__username", "=user__email"]
    search_help_text = "A username, or a whole e-mail address."
    ordering = ["due_at", "pk"]
    fields = ["user", "state", "asked_at", "due_at", "begun_at"]
    readonly_fields = ["state"]
    actions = ["cancel_erasures"]
    person = person_column("user", "person")

    @display(description="state", label={"waiting": "warning", "begun": "danger", "held back by a report": "info"})
    def state(self, erasure: Erasure) -> str:
        if erasure.user.erased_at:
            return "held back by a report"
        return "begun" if erasure.begun_at else "waiting"

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_erasure")

    @action(description="Cancel selected erasures", permissions=["cancel"])
    def cancel_erasures(self, request: SignedInRequest, queryset: QuerySet[Any]) -> None:
        """At the wish of the person, who is told by mail."""
        chosen = list(queryset.select_related("user__user_type"))
        cancelled = sum(leaving.cancel_erasure(user=erasure.user, by=request.user) for erasure in chosen)
        late = len(chosen) - cancelled
        self.message_user(request, f"Cancelled {cancelled} erasures.")
        if late:
            self.message_user(request, f"{late} had begun already.", messages.ERROR)
