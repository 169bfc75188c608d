"""Clients of the live stream as they are: they come and go, are slow, get lost, and have tokens that run out."""

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from random import Random

from apps.accounts.models import Session
from benchmarks.live import PORT, access

LISTENERS, POLLERS, SLOW, LOST = 60, 10, 10, 10
"""How many of each kind there are at any time."""
TOKEN_SECONDS = (2, 60)
STAY_SECONDS = (0, 20)
SLOW_SECONDS = (30, 120)
"""Streams end that can send nothing for thirty."""
RESET = struct.pack("ii", 1, 0)
"""The option by which a socket is closed without a goodbye."""


class Crowd:
    def __init__(self, sessions: dict[int, Session], slow: list[int]) -> None:
        self.sessions, self.slow = sessions, slow
        self.dice = Random(1)  # noqa: S311  # no secrets here
        self.met: Counter[str] = Counter()

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """In a thread of its own."""
        loop = asyncio.new_event_loop()
        ended = asyncio.Event()
        thread = threading.Thread(target=loop.run_until_complete, args=[self.gather(ended)])
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()
            loop.close()

    async def gather(self, ended: asyncio.Event) -> None:
        kinds = ((self.listen, LISTENERS), (self.poll, POLLERS), (self.read_nothing, SLOW), (self.get_lost, LOST))
        visits = [asyncio.create_task(self.again(kind)) for kind, count in kinds for _ in range(count)]
        await ended.wait()
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    async def again(self, kind: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await kind()
                self.met[kind.__name__] += 1
            except OSError:
                self.met["broken off"] += 1
                await asyncio.sleep(0.1)

    # One visit of each kind

    async def listen(self) -> None:
        person = self.dice.choice(list(self.sessions))
        place = self.dice.choice(["", "", "Last-Event-ID: 0\r\n"])
        async with self.connection() as (reader, writer):
            writer.write(self.request("/stream", person, place))
            with suppress(TimeoutError):
                async with asyncio.timeout(self.dice.uniform(*STAY_SECONDS)):
                    await self.read(reader)

    async def poll(self) -> None:
        person = self.dice.choice(list(self.sessions))
        async with self.connection() as (reader, writer):
            writer.write(self.request("/stream/poll?wait=5", person, "Connection: close\r\n"))
            await self.read(reader)

    async def read_nothing(self) -> None:
        async with self.connection(buffer=4096) as (_, writer):
            writer.write(self.request("/stream", self.dice.choice(self.slow)))
            await asyncio.sleep(self.dice.uniform(*SLOW_SECONDS))

    async def get_lost(self) -> None:
        """In the middle of asking."""
        async with self.connection() as (_, writer):
            request = self.request("/stream", self.dice.choice(list(self.sessions)))
            writer.write(request[: self.dice.randrange(len(request))])
            await asyncio.sleep(self.dice.uniform(*STAY_SECONDS))

    @asynccontextmanager
    async def connection(self, buffer: int = 65536) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Left without a goodbye every other time."""
        line = socket.socket()
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", PORT))
        reader, writer = await asyncio.open_connection(sock=line, limit=buffer)
        try:
            yield reader, writer
        finally:
            if self.dice.random() < 0.5:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    def request(self, path: str, person: int, header: str = "") -> bytes:
        token = access(self.sessions[person], self.dice.uniform(*TOKEN_SECONDS))
        head = f"GET /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{header}\r\n"
        return head.encode()

    async def read(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(65536):
            self.met["events"] += piece.count(b"event: ")
            self.met["closed by the server"] += piece.count(b"event: closed")
            self.met["refused"] += piece.startswith(b"HTTP/1.1 401")
            self.met["failed"] += piece.startswith(b"HTTP/1.1 5")
