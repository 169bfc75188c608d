"""The one way to queue a job, and how long jobs wait."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVarTuple

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

Ts = TypeVarTuple("Ts")

STALLED_AFTER = timedelta(minutes=10)
"""What was queued this long ago and is not done has lost its job in a crash, and is queued again."""


def queue(job: Callable[[*Ts], None], *args: *Ts) -> None:
    """Queue `job(*args)` in this transaction: with the database broker it commits or rolls back with the work.

    `args` are ids, never rows; running the job twice must do no harm.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("queue() belongs inside the transaction of the write that needs it")
    async_task(job, *args)


def queue_age() -> int:
    """Seconds the oldest job has been waiting to be taken; 0 for none."""
    # The broker writes into `lock` when a job may be taken: its arrival, or its next attempt.
    oldest = OrmQ.objects.order_by("lock").values_list("lock", flat=True).first()
    return max(int((timezone.now() - oldest) / timedelta(seconds=1)), 0) if oldest else 0
