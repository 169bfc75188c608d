"""Many clients of the live stream in a process of their own: `python -m benchmarks.audience PORT FILE`.

The file has a token a line. What to do comes by standard input, and each order is answered by one line of JSON:
`open COUNT`, until so many streams are open, and `hear COUNT`, until so many events came since it was last asked.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

AT_ONCE = 32
"""Clients that open a stream at the same time."""
SECONDS = 30
"""How long events are waited for."""


class Ears:
    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.port = port
        self.tokens = iter(tokens)
        self.open = 0
        self.moments: list[float] = []

    async def grow(self, count: int) -> dict[str, float]:
        started = time.monotonic()
        missing = count - self.open
        batches = [missing // AT_ONCE + (place < missing % AT_ONCE) for place in range(AT_ONCE)]
        await asyncio.gather(*map(self.open_in_turn, batches))
        return {"seconds": time.monotonic() - started, "open": self.open}

    async def open_in_turn(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            ear = Ear(self, next(self.tokens), loop.create_future())
            await loop.create_connection(lambda ear=ear: ear, "127.0.0.1", self.port)  # type: ignore[misc]
            await ear.opened
            self.open += 1

    async def hear(self, count: int) -> list[float]:
        """The moments at which they came, as this machine's monotonic clock has them; too few if more do not come."""
        deadline = time.monotonic() + SECONDS
        while len(self.moments) < count and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        moments, self.moments = self.moments, []
        return moments


class Ear(asyncio.Protocol):
    """One client. It does as little as can be: it shares the machine with the server it measures."""

    __slots__ = ("ears", "opened", "request")

    def __init__(self, ears: Ears, token: str, opened: "asyncio.Future[None]") -> None:
        self.ears, self.opened = ears, opened
        self.request = f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"

    def connection_made(self, transport: Any) -> None:
        transport.write(self.request.encode())
        del self.request

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.opened.done() and b"retry: " in data:
            self.opened.set_result(None)
        self.ears.moments += [now] * data.count(b"event: ")

    def connection_lost(self, error: Exception | None) -> None:
        self.ears.open -= 1
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("The server refused a stream."))


async def main(port: int, tokens: Sequence[str]) -> None:
    ears, loop, orders = Ears(port, tokens), asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for order in orders:
        word, count = order.split()
        answer = await (ears.grow if word == b"open" else ears.hear)(int(count))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_text().split()))
