"""Who listens in this process, and the tasks that keep them informed. All of it lives in the server's event loop."""

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from django.db import close_old_connections
from django_eventstream.event import Event
from django_eventstream.views import ListenerManager

from apps.live import bell
from apps.live.log import Item, LogPage, grown, item_of, last_seq_of, read
from apps.live.models import Entry
from apps.live.streams import Stream

logger = logging.getLogger(__name__)
logging.getLogger("django_eventstream").setLevel(logging.WARNING)

P = ParamSpec("P")
T = TypeVar("T")

MAX_STREAMS = 10
READ_AT_ONCE = 1_000
"""Logs looked at in one query."""
SWEEP_SECONDS = 2.0
DEAF_SWEEP_SECONDS = 0.5
"""How often all logs are looked at without a bell: while there is one, and while there is none."""
TICK_SECONDS = 1
RETRY_SECONDS = 0.5
CANCEL_SECONDS = 0.1


def in_time(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run in the thread that reads: its connection goes back after each reading."""
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()


class Hub:
    def __init__(self) -> None:
        self.manager = ListenerManager()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.rung: set[int] = set()
        self.something_rung = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.bell_works = False
        self.is_closing = False
        # One, so that streams never take the connections that requests need.
        self.reader = ThreadPoolExecutor(1, thread_name_prefix="live")

    # Life

    def start(self) -> None:
        """In the running loop; again and again does no harm."""
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            bell.here = self.hear_from_any_thread
            workers = (self.pump(), self.listen(), self.sweep(), self.tick())
            self.tasks = [self.loop.create_task(worker) for worker in workers]
            self.close_on_signals()

    async def stop(self) -> None:
        while self.tasks:  # who connects just then may swallow it: it comes again
            for task in self.tasks:
                task.cancel()
            _, unfinished = await asyncio.wait(self.tasks, timeout=CANCEL_SECONDS)
            self.tasks = list(unfinished)
        bell.here, self.loop = None, None

    def close_on_signals(self) -> None:
        """The server waits for its answers to end before it tells anybody that it stops: streams would never end."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.closing_first(signal.getsignal(number)))

    def closing_first(self, former: Any) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            if self.loop:
                self.loop.call_soon_threadsafe(self.close_all)
            if callable(former):
                former(number, frame)

        return handle

    def close_all(self) -> None:
        self.is_closing = True
        for stream in self.streams():
            stream.close("shutdown")

    # Who listens

    def streams(self) -> list[Stream]:
        return [stream for streams in self.manager.listeners_by_channel.values() for stream in streams]

    def add(self, stream: Stream) -> None:
        """At most so many for each person: the oldest makes room."""
        mine = self.manager.listeners_by_channel.get(stream.channel, ())
        for surplus in sorted(mine, key=lambda one: one.opened_at)[: max(len(mine) + 1 - MAX_STREAMS, 0)]:
            surplus.close("too_many")
            self.remove(surplus)
        self.manager.add_listener(stream)
        if self.is_closing:
            stream.close("shutdown")
        # Something may have come between the answer and this.
        self.note([stream.listener.user_id])

    def remove(self, stream: Stream) -> None:
        if stream in self.manager.listeners_by_channel.get(stream.channel, ()):
            self.manager.remove_listener(stream)

    # What they hear

    def hear_from_any_thread(self, message: bell.Message) -> None:
        if self.loop:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self.loop.call_soon_threadsafe(self.hear, message)

    def hear(self, message: bell.Message) -> None:
        if "transient" in message:
            user_id, event, data = message["transient"]
            self.manager.add_to_queues(str(user_id), Event(str(user_id), event, data))
        elif "users" in message:
            self.note(message["users"])

    def note(self, user_ids: Collection[int] | None) -> None:
        """Look at these logs soon, those of them that somebody listens to; None for all."""
        listened = self.manager.listeners_by_channel
        if user_ids is None:
            self.rung.update(map(int, listened))
        else:
            self.rung.update(user_id for user_id in user_ids if str(user_id) in listened)
        if self.rung:
            self.something_rung.set()

    async def pump(self) -> None:
        """Hand the newest entry of each log that has grown to its streams; who lacks more reads it alone."""
        while True:
            await self.something_rung.wait()
            chosen = [self.rung.pop() for _ in range(min(len(self.rung), READ_AT_ONCE))]
            if not self.rung:
                self.something_rung.clear()
            try:
                items = await self.in_reader(newest_items, self.seen(chosen))
            except Exception:  # the database is away: the streams stay, and this goes on
                logger.exception("the logs cannot be read")
                self.rung.update(chosen)
                self.something_rung.set()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for user_id, item in items:
                self.manager.add_to_queues(str(user_id), Event(str(user_id), item.event, item, item.seq))

    def seen(self, user_ids: Iterable[int]) -> dict[int, int]:
        """How far the last of each person's streams has come."""
        listened = self.manager.listeners_by_channel
        streams = {user_id: listened.get(str(user_id)) for user_id in user_ids}
        return {user_id: min(one.cursor for one in theirs) for user_id, theirs in streams.items() if theirs}

    async def read(self, user_id: int, after: int) -> LogPage:
        return await self.in_reader(read_on, user_id, after)

    async def in_reader(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.reader, lambda: in_time(function, *args, **kwargs))

    async def listen(self) -> None:
        while True:
            try:
                async with aclosing(bell.messages()) as messages:
                    async for message in messages:
                        if not self.bell_works:
                            self.bell_works = True
                            self.note(None)  # what was said while nobody listened
                        self.hear(message)
            except Exception as error:  # each kind of line breaks in its own way
                logger.warning("the bell is not heard: %s", error)
            self.bell_works = False
            await asyncio.sleep(RETRY_SECONDS)

    async def sweep(self) -> None:
        """What no bell told of."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS if self.bell_works else DEAF_SWEEP_SECONDS)
            self.note(None)

    async def tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now, beat = time.time(), time.monotonic()
            for stream in self.streams():
                stream.tick(now, beat)


def newest_items(seen: dict[int, int]) -> list[tuple[int, Item]]:
    known: dict[int | None, Any] = {}
    return [(row.head_id, item_of(row, known)) for row in Entry.objects.newest_of(grown(seen))]


def read_on(user_id: int, after: int) -> LogPage:
    return read(user_id=user_id, after=after, last_seq=last_seq_of(user_id))


hub = Hub()
