"""The audit trail: what staff did or saw, in the transaction of what they did."""

from typing import TYPE_CHECKING

from django.db.models import Model

from apps.core.logs import request_id
from apps.core.models import AuditEntry

if TYPE_CHECKING:
    from apps.accounts.models import User


def record(*, actor: "User", action: str, target: Model, note: str = "") -> None:
    AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=f"{target._meta.label_lower}:{target.pk}",
        note=note,
        request_id=request_id.get(),
    )
