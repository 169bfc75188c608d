"""Clients of the ASGI door, without a network: they listen, stop reading, leave."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connections

from apps.accounts.models import User
from apps.core.http.links import API
from apps.live.hub import Hub
from config.asgi import application
from tests.client import sign_in

SECONDS = 10
"""How long a test waits for what must come."""


@dataclass(frozen=True)
class Sent:
    """One server-sent event; a comment has no name."""

    event: str = ""
    data: Any = None
    id: str | None = None


def parsed(block: str) -> Sent:
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    return Sent(fields.get("event", ""), orjson.loads(fields.get("data", "null")), fields.get("id"))


class Listener:
    """One request, and what comes back as it comes."""

    def __init__(self, path: str, *, token: str | None = None, method: str = "GET", **headers: str) -> None:
        if token:
            headers["authorization"] = f"Bearer {token}"
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": API + path.partition("?")[0],
            "query_string": path.partition("?")[2].encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        self.status, self.headers, self.body, self.has_ended = 0, {}, b"", False
        self.asked = False
        self.reads = asyncio.Event()
        self.reads.set()
        self.left = asyncio.Event()
        self.is_offered_something = False
        self.task = asyncio.create_task(application(self.scope, self.receive, self.send))

    # What the server calls

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.is_offered_something = True
        await self.reads.wait()
        assert not self.has_ended, f"sent after the end: {message}"
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")
            self.has_ended = not message.get("more_body", False)

    # What the client does

    def stop_reading(self) -> None:
        self.reads.clear()

    def read_on(self) -> None:
        self.reads.set()

    async def leave(self) -> None:
        self.left.set()
        await self.done()

    async def done(self) -> None:
        """The server has finished with this request."""
        async with asyncio.timeout(SECONDS):
            await self.task

    # What it got

    @property
    def events(self) -> list[Sent]:
        return [parsed(block) for block in self.body.decode().split("\n\n")[1:-1]]

    def all(self, name: str) -> list[Sent]:
        return [event for event in self.events if event.event == name]

    @property
    def answer(self) -> Any:
        return orjson.loads(self.body)["data"]

    async def opened(self) -> "Listener":
        await until(lambda: b"\n\n" in self.body)
        return self

    async def next(self, name: str, count: int = 1) -> Sent:
        """The newest event of this name, once there are so many."""
        await until(lambda: len(self.all(name)) >= count)
        return self.all(name)[-1]


class Server:
    """The application from its start to its shutdown."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.heard: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self.listeners: list[Listener] = []

    async def __aenter__(self) -> "Server":
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self.life = asyncio.create_task(application(scope, self.said.get, self.heard.put))
        await self.tell("lifespan.startup")
        return self

    async def __aexit__(self, *error: object) -> None:
        for listener in self.listeners:
            listener.read_on()
            listener.left.set()
        await asyncio.gather(*(listener.task for listener in self.listeners), return_exceptions=True)
        await self.tell("lifespan.shutdown")
        await self.life

    async def tell(self, message: str) -> None:
        await self.said.put({"type": message})
        async with asyncio.timeout(SECONDS):
            assert await self.heard.get() == {"type": f"{message}.complete"}

    def ask(self, path: str, **options: Any) -> Listener:
        self.listeners.append(Listener(path, **options))
        return self.listeners[-1]

    async def listen(self, user: User, path: str = "/stream", **options: Any) -> Listener:
        """A stream that stands, in a session of its own unless a `token` is given."""
        token = options.pop("token", None) or (await aside(sign_in, user)).access
        return await self.ask(path, token=token, **options).opened()


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():
            await asyncio.sleep(0.01)


async def aside(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """In a thread, as a request would; its database connection does not outlive it."""

    def run() -> Any:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


Scenario = Callable[[Server], Awaitable[None]]
