"""Several callers at the same moment, each in a thread with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def together(*callers: Callable[[], T]) -> list[T]:
    """Start them all at once; what each returned, in their order."""
    barrier = Barrier(len(callers))

    def run(caller: Callable[[], T]) -> T:
        try:
            barrier.wait(timeout=30)
            return caller()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(callers)) as threads:
        return list(threads.map(run, callers))
