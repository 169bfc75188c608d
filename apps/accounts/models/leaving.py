import uuid
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.core.operations.storage import private_storage
from apps.core.queue import STALLED_AFTER

KEPT = timedelta(days=7)
"""How long an export can be fetched."""
GRACE = timedelta(days=14)
"""How long whoever asked to be erased may change their mind."""
MAX_TRIES = 3
LEASE = STALLED_AFTER + timedelta(seconds=settings.WORKER_TIMEOUT)
"""So long nobody else builds what one builds; longer than a job may take."""


def export_name() -> str:
    return f"exports/{uuid.uuid4().hex}.zip"


class ExportQuerySet(models.QuerySet["Export"]):
    def pending(self) -> Self:
        return self.filter(status=Export.Status.PENDING)

    def ended(self) -> Self:
        return self.exclude(status=Export.Status.PENDING)

    def current(self) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def ready(self) -> Self:
        return self.current().filter(status=Export.Status.READY)

    def outdated(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def stalled(self) -> Self:
        """Nobody has worked at them for a while: their job was lost."""
        lost = timezone.now() - LEASE
        return self.pending().filter(Q(taken_up_at=None, requested_at__lt=lost) | Q(taken_up_at__lt=lost))

    def claim(self, export_id: int) -> "Export | None":
        """To be built now; None if it is done, or somebody else is at it."""
        free = Q(taken_up_at=None) | Q(taken_up_at__lt=timezone.now() - LEASE)
        if not self.pending().filter(free, pk=export_id).update(taken_up_at=timezone.now(), tries=F("tries") + 1):
            return None
        return self.select_related("user").get(pk=export_id)


class Export(models.Model):
    """A copy of all that somebody has here, as a file."""

    class Status(models.TextChoices):
        PENDING = "pending"
        READY = "ready"
        FAILED = "failed"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="export")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # Named from the start: whoever dies while it is stored leaves nothing that no row knows of.
    file = models.FileField(storage=private_storage, default=export_name)
    requested_at = models.DateTimeField(default=timezone.now)
    taken_up_at = models.DateTimeField(null=True, help_text="When the worker last began.")
    tries = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(status="pending"), name="exports_to_build"),
        ]

    def __str__(self) -> str:
        return f"export of {self.user_id}"


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def due(self) -> Self:
        return self.filter(due_at__lte=timezone.now())

    def not_begun(self) -> Self:
        """Those that can be cancelled."""
        return self.filter(begun_at=None)


def due_date() -> Any:
    return timezone.now() + GRACE


class Erasure(models.Model):
    """Somebody asked to be erased. The row goes when nothing of them is left."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="erasure"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=due_date, db_index=True)
    begun_at = models.DateTimeField(null=True, help_text="From then on it cannot be cancelled.")

    objects = ErasureQuerySet.as_manager()

    def __str__(self) -> str:
        return f"erasure of {self.user_id}"
