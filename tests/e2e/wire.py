"""A bad wire between a client and Infloo."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

REFUSAL = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SECONDS = 60


class Wire:
    """What it does to those who pass may change while it is in use."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cuts_streams = False
        """After its first event each: when a client sees that one, the next is already on its way, or half there."""
        self.seconds_to_cut = 0.0
        """A browser throws away what it has received but not yet handed over when the connection breaks."""
        self.refuses_streams = False
        self.is_down = False
        self.streams = self.polls = 0
        self.relays: set[asyncio.Task[None]] = set()
        self.ready, self.left = threading.Event(), asyncio.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self.thread.start()
        assert self.ready.wait(SECONDS)

    async def serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self.enter, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.ready.set()
        await self.left.wait()
        server.close()
        self.cut_all()
        await asyncio.gather(*self.relays, return_exceptions=True)

    async def enter(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.relays.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.carry(client, to_client)
        to_client.close()
        self.relays.discard(task)

    async def carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self.is_down:
            return
        asked, _, rest = (await client.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        is_poll, is_stream = b"/stream/poll" in asked, b"/stream " in asked or b"/stream?" in asked
        self.streams, self.polls = self.streams + is_stream, self.polls + is_poll
        if is_stream and self.refuses_streams:
            to_client.write(REFUSAL)
            return
        infloo, to_infloo = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            # One question for each connection, so that each can be told from the others.
            to_infloo.write(asked + b"\r\nConnection: close\r\n" + rest.replace(b"\r\nConnection: keep-alive", b""))
            if is_stream and self.cuts_streams:
                await carry_one_event(infloo, to_client)
                await asyncio.sleep(self.seconds_to_cut)
            else:
                await carry_all(infloo, to_client)
        finally:
            to_infloo.close()

    def cut_all(self) -> None:
        for task in self.relays:
            task.cancel()

    def cut(self) -> None:
        """Everything that is open now."""
        self.loop.call_soon_threadsafe(self.cut_all)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.left.set)
        self.thread.join(SECONDS)


@contextmanager
def wire_to(address: str) -> Iterator[Wire]:
    wire = Wire(int(address.rpartition(":")[2]))
    try:
        yield wire
    finally:
        wire.end()


async def carry_all(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while part := await source.read(65536):
        target.write(part)
        await target.drain()


async def carry_one_event(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Up to the end of the first event, and somewhat into the next."""
    passed = b""
    while part := await source.read(65536):
        begin = (passed + part).find(b"\ndata: ")
        end = (passed + part).find(b"\n\n", begin) if begin >= 0 else -1
        if end >= 0:
            target.write(part[: max(end + 2 + random.randrange(200) - len(passed), 0)])
            return
        target.write(part)
        passed += part
