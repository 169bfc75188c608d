"""How much people report."""

from datetime import date

from apps.core.declarations import DailyCount
from apps.core.reading.days import within
from apps.moderation.models import Report


def reports(day: date) -> dict[int | None, float]:
    return {None: within(Report.objects.all(), "created_at", day, day).count()}


DAILY_COUNTS = [DailyCount("reports", reports)]
