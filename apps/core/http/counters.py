"""Counters of failures in the database: all processes share them, and a restart changes nothing."""

import time
from datetime import timedelta

from django.utils import timezone
from limits import RateLimitItem
from limits.util import WindowStats

from apps.core.models import CounterKey, FailedAttempts


class DatabaseCounters:
    """Fixed windows as `limits` has them, asked in the same way."""

    def hit(self, rate: RateLimitItem, *key: str) -> bool:
        window = timedelta(seconds=rate.get_expiry())
        return FailedAttempts.objects.add_one(CounterKey(*key), up_to=rate.amount, within=window)

    def get_window_stats(self, rate: RateLimitItem, *key: str) -> WindowStats:
        row = FailedAttempts.objects.filter(**CounterKey(*key)._asdict()).first()
        if row is None or row.expires_at <= timezone.now():
            return WindowStats(time.time(), rate.amount)
        return WindowStats(row.expires_at.timestamp(), max(rate.amount - row.count, 0))

    def clear(self, rate: RateLimitItem, *key: str) -> None:
        FailedAttempts.objects.filter(**CounterKey(*key)._asdict()).delete()


def forget(subject: str) -> None:
    """All that is counted of this subject, from wherever it was tried."""
    FailedAttempts.objects.filter(subject=subject).delete()


def prune() -> None:
    FailedAttempts.objects.over().delete()
