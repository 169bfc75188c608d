from collections.abc import Sequence
from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.core.reading.days import KEPT, today


class ProfileVisitQuerySet(models.QuerySet["ProfileVisit"]):
    def note(self, visits: Sequence[tuple[int, int, date]]) -> None:
        """Of and to people who are still active; what was noted before stays."""
        there = User.objects.active_among(user_id for visit in visits for user_id in visit[:2])
        rows = [
            ProfileVisit(person_id=person_id, viewer_id=viewer_id, day=day)
            for person_id, viewer_id, day in visits
            if person_id in there and viewer_id in there
        ]
        self.bulk_create(rows, ignore_conflicts=True)

    def old(self) -> Self:
        return self.filter(day__lt=today() - KEPT)


class ProfileVisit(models.Model):
    """Somebody looked at somebody's profile on this day, by UTC, however often; see `services.visits`."""

    person = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="visits")
    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    objects = ProfileVisitQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "day", "viewer"], name="one_visit_per_viewer_and_day"),
            models.CheckConstraint(condition=~Q(person=F("viewer")), name="nobody_visits_themselves"),
        ]
        indexes = [models.Index(fields=["day"], name="visits_by_day")]

    def __str__(self) -> str:
        return f"{self.viewer_id} visited {self.person_id} on {self.day}"
