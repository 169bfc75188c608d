"""How much people write to each other."""

from datetime import date

from apps.core.declarations import DailyCount
from apps.core.reading.days import within
from apps.messaging.models import Message


def messages(day: date) -> dict[int | None, float]:
    return {None: within(Message.objects.all(), "timestamp", day, day).count()}


DAILY_COUNTS = [DailyCount("messages", messages)]
