from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.queue import STALLED_AFTER
from apps.notifications.models.types import NotificationType, Priority


class FanOutQuerySet(models.QuerySet["FanOut"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def about(self, codes: Collection[str]) -> Self:
        return self.filter(kind__code__in=codes)

    def to_take_up(self, now: datetime) -> Self:
        """Those that were postponed until now, and those whose job was lost; not those taken up a short while ago."""
        lost = now - STALLED_AFTER
        due = Q(postponed_until=None, created_at__lt=lost) | Q(postponed_until__lte=now)
        return self.unfinished().filter(due, Q(taken_up_at=None) | Q(taken_up_at__lt=lost))

    def of_object(self, kind_id: int, object_id: int) -> Self:
        return self.filter(kind=kind_id, redirect_id=object_id)

    def waiting(self) -> Self:
        """Postponed, and not a single person told."""
        return self.unfinished().filter(postponed_until__isnull=False, told_up_to=0)

    def told_at_once_since(self, moment: datetime) -> Self:
        return self.filter(postponed_until=None, created_at__gt=moment)


class FanOut(models.Model):
    """One thing to tell a whole audience, in the order of its ids: all up to `told_up_to` have been told."""

    key = models.CharField(max_length=100, unique=True, help_text="What happened: the same thing is told once.")
    kind = models.ForeignKey(NotificationType, db_index=False, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    message = models.TextField()
    priority = models.CharField(max_length=10, choices=Priority)
    redirect_kind = models.CharField(max_length=30)
    redirect_id = models.PositiveBigIntegerField()
    redirect_url = models.CharField(max_length=200)
    told_up_to = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    postponed_until = models.DateTimeField(null=True, help_text="Empty for what is told at once.")
    taken_up_at = models.DateTimeField(null=True, help_text="When the schedule last queued it.")
    finished_at = models.DateTimeField(null=True)

    objects = FanOutQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(finished_at=None), name="fan_outs_unfinished"),
            models.Index(fields=["kind", "redirect_id"], name="fan_outs_of_object"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def state(self) -> str:
        if self.finished_at:
            return "told"
        is_postponed = self.postponed_until and self.postponed_until > timezone.now()
        return "postponed" if is_postponed else "telling"
