"""The ASGI door of the live stream.

Django answers the opening request as any other: who it is, what the log holds, or a refusal. When that is done, and its
thread and database connection are given back, this goes on with nothing but the connection and a Stream.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apps.core import buffers
from apps.core.http.auth import ListenerPass
from apps.core.http.door import Application, Receive, Scope, Send
from apps.core.http.links import API
from apps.live.hub import hub
from apps.live.streams import Stream, Waiter

STREAM, POLL = f"{API}/stream", f"{API}/stream/poll"
Message = Mapping[str, Any]


@dataclass(slots=True)
class Continuation:
    """What the view leaves in the scope for this door: the answer is a beginning, or may wait for something new."""

    listener: ListenerPass | None = None
    cursor: int = 0
    wait: float = 0


class LiveDoor:
    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"].removesuffix("/") in (STREAM, POLL):
            hub.start()
            await self.answer(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        continuation, held = await self.begin(scope, receive)
        if continuation.listener is None:
            await send_all(held, send)
        elif continuation.wait:
            if await woken(Waiter(continuation.listener, continuation.cursor), continuation.wait, receive):
                again = {**scope, "query_string": from_there(scope["query_string"], continuation.cursor)}
                _, held = await self.begin(again, without_body(receive))
            await send_all(held, send)
        else:
            stream = Stream(continuation.listener, continuation.cursor, hub.read)
            await send_all(map(left_open, held), send)
            del continuation, held
            hub.add(stream)
            try:
                await stream.run(receive, send)
            finally:
                hub.remove(stream)

    async def begin(self, scope: Scope, receive: Receive) -> tuple[Continuation, list[Message]]:
        """Django's answer, held back, and what its view wants done with it."""
        continuation, held = Continuation(), []

        async def hold(message: Message) -> None:
            held.append(message)

        await self.application({**scope, "live": continuation}, receive, hold)
        return continuation, held


async def send_all(messages: Any, send: Send) -> None:
    for message in messages:
        await send(message)


def left_open(message: Message) -> Message:
    """Without its length, and without an end."""
    if message["type"] == "http.response.start":
        headers = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
        return {**message, "headers": headers}
    return {**message, "more_body": True}


def without_body(receive: Receive) -> Receive:
    """For asking Django a second time: what was sent with the request has been read."""
    bodies: Iterator[Message] = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive_again() -> Message:
        return next(bodies, None) or await receive()

    return receive_again


def from_there(query: bytes, cursor: int) -> bytes:
    """The same question without waiting; who gave no cursor means from when they asked."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] not in ("wait", "cursor")]
    return urlencode([*kept, ("cursor", cursor)]).encode()


async def woken(waiter: Waiter, seconds: float, receive: Receive) -> bool:
    """Whether something came in this time, and before the client left."""
    hub.add(waiter)
    either = [asyncio.ensure_future(wait) for wait in (waiter.woken.wait(), receive())]
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return waiter.woken.is_set()
    finally:
        for wait in either:
            wait.cancel()
        hub.remove(waiter)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
        else:
            await hub.stop()
            await asyncio.to_thread(buffers.flush_at_end)  # the server ends by a signal, which runs nothing else
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
