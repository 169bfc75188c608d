"""One client that listens: what it is sent, and when it ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import orjson
from django_eventstream.event import Event
from django_eventstream.views import Listener

from apps.core.http.auth import ListenerPass
from apps.live.log import Item, LogPage

logger = logging.getLogger(__name__)

Reason = Literal["session_ended", "token_expired", "too_many", "shutdown"]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Read = Callable[[int, int], Awaitable[LogPage]]

BEAT_SECONDS = 15
SEND_SECONDS = 30
"""A client that takes nothing for so long is let go; it resumes from its log."""
RECONNECT = "retry: 2000\n"
BEAT = ":\n\n"


def opening(page: LogPage) -> str:
    """How a stream begins: with its place in the log, so that even who never gets an event can resume.

    Not before a reset: who is cut off in between would resume from there, and never hear of it.
    """
    if page.is_reset:
        return f"{RECONNECT}\n{reset_to(page.cursor)}"
    return f"{RECONNECT}id: {page.cursor - len(page.items)}\n\n" + "".join(map(written, page.items))


def written(item: Item) -> str:
    return encoded(item.event, item.data, item.seq) if item.is_shown else ""


def encoded(event: str, data: Any, seq: int | None = None) -> str:
    """JSON has no line breaks, and the names of events are ours."""
    place = "" if seq is None else f"id: {seq}\n"
    return f"event: {event}\n{place}data: {orjson.dumps(data).decode()}\n\n"


def reset_to(cursor: int) -> str:
    return encoded("reset", {"cursor": str(cursor)}, cursor)


class Stream(Listener):
    """Waits for nothing but the client's leaving; what it is sent is written by a task that lives as long as that."""

    def __init__(self, listener: ListenerPass, cursor: int, read: Read) -> None:
        super().__init__()
        self.listener = listener
        self.channel = str(listener.user_id)
        self.channels = {self.channel}
        self.overflow = False
        self.cursor = cursor
        self.opened_at = self.sent_at = time.monotonic()
        self.read = read
        self.reason: Reason | None = None
        self.writer: asyncio.Task[None] | None = None
        self.has_news = False
        self.sending_since: float | None = None
        self.ended = False

    async def run(self, receive: Receive, send: Send) -> None:
        """Until the client leaves or the stream ends."""
        self.send = send
        self.task = asyncio.current_task()
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self.ended or self.task is None:
                raise
            self.task.uncancel()  # by ourselves, see `end`
        finally:
            self.ended = True
            if self.writer:
                self.writer.cancel()

    def wake_threadsafe(self) -> None:
        """The library's hook, called in the loop when something was queued."""
        self.has_news = True
        if self.writer is None and not self.ended:
            self.writer = asyncio.get_running_loop().create_task(self.write())

    def tick(self, now: float, beat: float) -> None:
        if self.sending_since and beat - self.sending_since >= SEND_SECONDS:
            self.end()
        elif now >= self.listener.expires_at:
            self.close("token_expired")
        elif beat - self.sent_at >= BEAT_SECONDS:
            self.wake_threadsafe()

    def close(self, reason: Reason) -> None:
        self.reason = self.reason or reason
        self.wake_threadsafe()

    async def write(self) -> None:
        """Send what there is, and begin again while more comes meanwhile."""
        try:
            while self.has_news and not self.ended:
                self.has_news = False
                await self.put(await self.news())
                if self.reason:
                    self.end()
        except Exception:  # the database is away: what is read next shows the gap
            logger.exception("a stream cannot go on")
            if self.reason:
                self.end()
        finally:
            self.writer = None

    async def put(self, text: str) -> None:
        if self.reason:
            text += encoded("closed", {"reason": self.reason})
        if text or time.monotonic() - self.sent_at >= BEAT_SECONDS:
            self.sending_since = self.sent_at = time.monotonic()
            body = (text or BEAT).encode()
            await self.send({"type": "http.response.body", "body": body, "more_body": self.reason is None})
            self.sending_since = None

    async def news(self) -> str:
        queued, overflow = self.channel_items.pop(self.channel, []), self.overflow
        self.overflow = False
        text = "".join(map(self.next_of, queued))
        # A gap: more came than the queue tells of.
        if overflow or any(event.id is not None and event.id > self.cursor for event in queued):
            text += await self.catch_up()
        return text

    def next_of(self, event: Event) -> str:
        """What follows on what was sent, and what stands in no log."""
        if event.id is None:
            return encoded(event.type, orjson.loads(event.data))
        return self.passed(event.data) if event.id == self.cursor + 1 else ""

    async def catch_up(self) -> str:
        page = await self.read(self.listener.user_id, self.cursor)
        if page.is_reset:
            self.cursor = page.cursor
            return reset_to(self.cursor)
        if page.has_more:
            self.has_news = self.overflow = True
        return "".join(self.passed(item) for item in page.items)

    def passed(self, item: Item) -> str:
        if self.reason == "session_ended":
            return ""
        self.cursor = item.seq
        if item.ends_session and self.is_meant(item):
            self.reason = self.reason or "session_ended"
        return written(item)

    def is_meant(self, item: Item) -> bool:
        """What ended before this stream was let in is not its session."""
        return item.seq > self.listener.last_seq and item.object_id in (None, self.listener.session_id)

    def end(self) -> None:
        self.ended = True
        if self.task:
            self.task.cancel()


class Waiter(Stream):
    """A long poll: it takes nothing, and says when there is something to take."""

    def __init__(self, listener: ListenerPass, cursor: int) -> None:
        super().__init__(listener, cursor, nothing)
        self.woken = asyncio.Event()

    def wake_threadsafe(self) -> None:
        queued = self.channel_items.pop(self.channel, [])
        if self.reason or self.overflow or any((event.id or 0) > self.cursor for event in queued):
            self.woken.set()

    def tick(self, now: float, beat: float) -> None:
        pass


async def nothing(user_id: int, after: int) -> LogPage:
    return LogPage([], after)
