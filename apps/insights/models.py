from collections.abc import Collection
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q, Sum

from apps.accounts.models import UserType


class DailyFigureQuerySet(models.QuerySet["DailyFigure"]):
    def between(self, first: date, last: date) -> Self:
        return self.filter(day__range=(first, last))

    def days(self) -> set[date]:
        return set(self.order_by().values_list("day", flat=True).distinct())

    def sums(self, name: str) -> "models.QuerySet[DailyFigure, tuple[date, float]]":
        """Each day with the figure of this name, of all user types together."""
        return self.filter(name=name).order_by("day").values_list("day").annotate(sum=Sum("value"))


class DailyFigure(models.Model):
    """A number of the whole network on a day, by UTC, as the rooms declare them in their `analytics.py`."""

    day = models.DateField()
    name = models.CharField(max_length=50)
    user_type = models.ForeignKey(
        UserType,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of whose people, if it is counted for each type.",
    )
    value = models.FloatField()

    objects = DailyFigureQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["name", "day", "user_type"], name="one_figure_per_type_and_day"),
            models.UniqueConstraint(
                fields=["name", "day"], condition=Q(user_type=None), name="one_figure_of_all_per_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="figures_by_day")]

    def __str__(self) -> str:
        return f"{self.name} on {self.day}"


class CohortWeekQuerySet(models.QuerySet["CohortWeek"]):
    def weeks_among(self, weeks: Collection[date]) -> set[date]:
        return set(self.filter(week__in=weeks).order_by().values_list("week", flat=True).distinct())

    def joined_since(self, week: date) -> Self:
        return self.filter(joined__gte=week).order_by("joined", "week")


class CohortWeek(models.Model):
    """How many of those who joined in one week came in another, from Monday to Sunday by UTC."""

    joined = models.DateField(help_text="The Monday of the week in which they joined.")
    week = models.DateField(help_text="The Monday of the week in which they came.")
    active = models.PositiveIntegerField()
    people = models.PositiveIntegerField(help_text="How many had joined in that week, whether they came or not.")

    objects = CohortWeekQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["joined", "week"], name="one_row_per_cohort_and_week")]
        indexes = [models.Index(fields=["week"], name="cohorts_by_week")]

    def __str__(self) -> str:
        return f"{self.joined} in {self.week}"
