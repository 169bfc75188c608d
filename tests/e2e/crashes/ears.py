"""Clients of the live stream, as many as one event loop can hold."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.conftest import Installation

SECONDS = 90
RECONNECT_SECONDS = 0.3


@dataclass(frozen=True)
class Heard:
    event: str
    data: Any
    id: str | None


class Ear:
    """Hears somebody's stream, and goes on where it was after each end of it."""

    def __init__(self, installation: Installation, token: str) -> None:
        self.address = urlsplit(installation.api)
        self.token = token
        self.place: str | None = None
        self.begin = 0
        self.heard: list[Heard] = []
        self.streams = 0
        self.writer: asyncio.StreamWriter | None = None

    async def keep_listening(self) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):  # no server, or none any more
                await self.listen()
            self.leave()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def listen(self) -> None:
        """One stream, until its end or that of the server."""
        reader = await self.open()
        fields: dict[str, str] = {}
        while (line := await reader.readline()).endswith(b"\n"):
            if line.endswith(b"\r\n"):  # the server's own, round each part; those of events end without \r
                continue
            name, _, value = line.decode().removesuffix("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            self.take(fields)
            fields = {}

    async def open(self) -> asyncio.StreamReader:
        reader, self.writer = await asyncio.open_connection(self.address.hostname, self.address.port)
        lines = [f"GET {self.address.path}/stream HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {self.token}"]
        lines += [f"Last-Event-ID: {self.place}"] if self.place is not None else []
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            self.leave()
            raise ConnectionError(head.decode())
        return reader

    def take(self, fields: dict[str, str]) -> None:
        place = fields.get("id")
        if "event" in fields:
            self.heard.append(Heard(fields["event"], json.loads(fields["data"]), place))
        elif place is not None:
            self.streams += 1
            self.begin = int(place) if self.place is None else self.begin
        self.place = place or self.place

    def all(self, event: str) -> list[Any]:
        return [heard.data for heard in self.heard if heard.event == event]

    @property
    def numbers(self) -> list[int]:
        return [int(heard.id) for heard in self.heard if heard.id is not None]

    def assert_it_missed_nothing(self) -> None:
        """Each number once and in order."""
        assert self.numbers == list(range(self.begin + 1, self.begin + 1 + len(self.numbers)))

    def leave(self) -> None:
        if self.writer:
            self.writer.transport.abort()


class Ears:
    """Many, who listen while this is entered."""

    def __init__(self, ears: Iterable[Ear]) -> None:
        self.ears = list(ears)

    async def __aenter__(self) -> list[Ear]:
        self.tasks = [asyncio.create_task(ear.keep_listening()) for ear in self.ears]
        await until(lambda: all(ear.streams for ear in self.ears))
        return self.ears

    async def __aexit__(self, *error: object) -> None:
        for task, ear in zip(self.tasks, self.ears, strict=True):
            task.cancel()
            ear.leave()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():
            await asyncio.sleep(0.02)
