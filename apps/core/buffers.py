"""Rows that a process collects and writes together, a few seconds later: so a read costs no write.

A process that is killed loses what it had collected: only what may be lost goes in here.
"""

import atexit
import logging
import os
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=tuple[Any, ...])

ENOUGH = 1_000
"""Rows that are written at once, and without waiting any longer."""
MOST_WAITING = 50_000
"""While the database is away; what comes then is not noted."""
MOST_KNOWN = 100_000
"""Rows that a process remembers; when there are more it starts anew, and writes a few once more."""


class Buffer(Generic[Row]):
    """Rows that count once, however often they are added.

    `write` takes them in order, so that two processes do not wait for each other, and a row that is there already does
    no harm.
    """

    def __init__(self, write: Callable[[Sequence[Row]], None]) -> None:
        self.write = write
        self.forget()
        writer.buffers.append(self)

    def forget(self) -> None:
        self.lock, self.writing = Lock(), Lock()
        self.known: set[Row] = set()
        self.waiting: list[Row] = []

    def add(self, row: Row) -> None:
        if row in self.known:
            return
        with self.lock:
            if row in self.known or len(self.waiting) >= MOST_WAITING:
                return
            if len(self.known) >= MOST_KNOWN:
                self.known = set(self.waiting)
            self.known.add(row)
            self.waiting.append(row)
        writer.wake(is_urgent=len(self.waiting) >= ENOUGH)

    def flush(self) -> None:
        """What could not be written waits for the next time."""
        with self.writing:
            with self.lock:
                rows, self.waiting = sorted(self.waiting), []
            while rows:
                try:
                    self.write(rows[:ENOUGH])
                except Exception:  # each database is away in its own way
                    logger.exception("%d collected rows wait for the database", len(rows))
                    with self.lock:
                        self.waiting += rows
                    writer.wake()
                    return
                del rows[:ENOUGH]


class Writer:
    """The thread that empties a process's buffers: it starts with the first row, and sleeps while there is none."""

    def __init__(self) -> None:
        self.buffers: list[Buffer[Any]] = []
        self.forget()

    def forget(self) -> None:
        self.lock, self.something, self.enough = Lock(), Event(), Event()
        self.thread: Thread | None = None

    def wake(self, *, is_urgent: bool = False) -> None:
        self.something.set()
        if is_urgent:
            self.enough.set()
        if self.thread is None and settings.FLUSH_SECONDS:
            self.start()

    def start(self) -> None:
        with self.lock:
            if self.thread is None:
                self.thread = Thread(target=self.run, name="buffers", daemon=True)
                self.thread.start()
                atexit.register(flush)

    def run(self) -> None:
        while True:
            self.something.wait()
            self.enough.wait(settings.FLUSH_SECONDS)
            self.something.clear()
            self.enough.clear()
            flush()
            close_old_connections()


writer = Writer()


def flush() -> None:
    """Write all that waits in this process, as before it ends."""
    for buffer in writer.buffers:
        buffer.flush()


def flush_at_end() -> None:
    """From a thread that ends then, and with it its connection."""
    flush()
    connections.close_all()


def forget() -> None:
    """What waits, and what is known; a process that was forked leaves the former to its parent."""
    for buffer in writer.buffers:
        buffer.forget()
    writer.forget()


os.register_at_fork(after_in_child=forget)
