"""The audit trail: what staff did or saw, in the transaction of what they did."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.core.models import AuditEntry
from apps.core.operations.logs import request_id

if TYPE_CHECKING:
    from apps.accounts.models import User


ONE_LOOK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Look:
    """That one of the staff sees a row, or a file of it, which nobody but staff is shown."""

    actor: "User"
    action: str
    target: Model
    note: str = ""


def record(*, actor: "User | None", action: str, target: Model, note: str = "") -> None:
    """`actor` is None for whoever runs a command."""
    AuditEntry.objects.create(
        actor=actor, action=action, target=name_of(target), note=note, request_id=request_id.get()
    )


def record_look(look: Look) -> None:
    """Once in ten minutes: a film is asked for in many parts, and a page is opened again."""
    if is_recorded(look):
        return
    with transaction.atomic():
        # One after the other: players ask for several parts at once.
        actor = get_user_model()._default_manager.filter(pk=look.actor.pk)
        list(actor.select_for_update(no_key=True).values_list("pk"))
        if not is_recorded(look):
            record(actor=look.actor, action=look.action, target=look.target, note=look.note)


def is_recorded(look: Look) -> bool:
    same = AuditEntry.objects.filter(actor=look.actor, action=look.action, target=name_of(look.target), note=look.note)
    return same.filter(created_at__gt=timezone.now() - ONE_LOOK).exists()


def name_of(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"
