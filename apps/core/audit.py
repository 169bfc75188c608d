"""The audit trail: what staff did or saw, in the transaction of what they did."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Model
from django.utils import timezone

from apps.core.models import AuditEntry
from apps.core.operations.logs import request_id

if TYPE_CHECKING:
    from apps.accounts.models import User


def record(*, actor: "User", action: str, target: Model, note: str = "") -> None:
    AuditEntry.objects.create(
        actor=actor, action=action, target=name_of(target), note=note, request_id=request_id.get()
    )


def record_once(*, actor: "User", action: str, target: Model, within: timedelta) -> None:
    """Unless the trail says the same of the time just past."""
    same = AuditEntry.objects.filter(actor=actor, action=action, target=name_of(target))
    if not same.filter(created_at__gt=timezone.now() - within).exists():
        record(actor=actor, action=action, target=target)


def name_of(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"
