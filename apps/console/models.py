from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

LASTS = timedelta(minutes=15)


class ClaimQuerySet(models.QuerySet["Claim"]):
    def alive(self) -> Self:
        return self.filter(until__gt=timezone.now())

    def over(self) -> Self:
        return self.filter(until__lte=timezone.now())

    def free_for(self, user_id: int) -> Self:
        """Those that this person has, or may have, as they are over."""
        return self.filter(Q(user=user_id) | Q(until__lte=timezone.now()))


class Claim(models.Model):
    """Somebody of the staff works on a row; others let them for a quarter of an hour."""

    target = models.CharField(max_length=100, unique=True, help_text="The row, as app.model:id.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField(db_index=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.target
