"""The one way to queue a job."""

from collections.abc import Callable
from typing import TypeVarTuple

from django.db import transaction
from django_q.tasks import async_task

Ts = TypeVarTuple("Ts")


def queue(job: Callable[[*Ts], None], *args: *Ts) -> None:
    """Queue `job(*args)` in this transaction: with the database broker it commits or rolls back with the work.

    `args` are ids, never rows; running the job twice must do no harm.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("queue() belongs inside the transaction of the write that needs it")
    async_task(job, *args)
