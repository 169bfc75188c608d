from collections.abc import Sequence
from datetime import date
from typing import Self

from django.db import models

from apps.accounts.models.users import User
from apps.core.reading.days import KEPT, today


class ActiveDayQuerySet(models.QuerySet["ActiveDay"]):
    def note(self, days: Sequence[tuple[int, date]]) -> None:
        """Of those who are still active; what was noted before stays."""
        there = User.objects.active_among(user_id for user_id, _ in days)
        rows = [ActiveDay(user_id=user_id, day=day) for user_id, day in days if user_id in there]
        self.bulk_create(rows, ignore_conflicts=True)

    def between(self, first: date, last: date) -> Self:
        return self.filter(day__range=(first, last))

    def old(self) -> Self:
        return self.filter(day__lt=today() - KEPT)


class ActiveDay(models.Model):
    """Somebody's client asked for something on this day, by UTC; see `services.activity`."""

    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    objects = ActiveDayQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_active_day_per_person")]
        indexes = [models.Index(fields=["day", "user"], name="active_people_by_day")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day}"
