"""What the tests of the live stream share: installations, listeners, and a bad wire."""

import asyncio
import json
import logging
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import psycopg
from infloo_live import blocks

from config import run
from tests.e2e.conftest import ROOT, Infloo, free_port, fresh_environment, wait_until_ready

PYTHON = ROOT / ".venv/bin/python"
EVENT = {"title": "Summer Launch", "date": "2099-06-01T18:00:00Z", "location": "New York, NY"}
LONG_SECONDS = 60
"""Where only that something happens matters, and not when: a busy machine may take its time."""

logging.getLogger("httpx").setLevel(logging.WARNING)


# Installations


@contextmanager
def made_to_run(folder: Path, **settings: str) -> Iterator[Infloo]:
    """`make run` without request limits, until it is left."""
    environment = fresh_environment(folder / "data") | {"THROTTLES": "off"} | settings
    port, log = free_port(), folder / "run.log"
    with log.open("wb") as output:
        command = ["make", "run", f"PORT={port}"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    infloo = Infloo(f"http://127.0.0.1:{port}", environment, process)
    try:
        wait_until_ready(infloo, log)
        yield infloo
    finally:
        if process.poll() is None:
            infloo.interrupt()


def inside(environment: dict[str, str], function: Callable[..., Any], *arguments: object) -> Any:
    """What a function of `audience` says in the environment of an installation."""
    code = f"from tests.e2e import audience; audience.say(audience.{function.__name__}, *{arguments!r})"
    command = [PYTHON, "manage.py", "shell", "-v0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(environment: dict[str, str], query: str) -> list[tuple[Any, ...]]:
    """A question to its database, behind the product's back."""
    if address := environment.get("DATABASE_URL"):
        with closing(psycopg.connect(address, autocommit=True)) as server:
            return server.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]
    with closing(sqlite3.connect(Path(environment["DATA_DIR"]) / "infloo.sqlite3", timeout=20)) as file:
        return file.execute(query).fetchall()


class Processes:
    """The web process and the worker as `make run` starts them, each to be ended and started by itself."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment | {"LOG_LEVEL": "WARNING"}
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api/v1"
        self.started: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        for command in ("migrate", "seed"):
            subprocess.run([PYTHON, "manage.py", command, "-v0"], cwd=ROOT, env=self.environment, check=True)

    def start_web(self) -> subprocess.Popen[bytes]:
        web = self.start(lambda: run.start_web(self.port))
        deadline = time.monotonic() + LONG_SECONDS
        while web.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.api}/health", timeout=2).status_code == 200:
                    return web
            time.sleep(0.05)
        raise AssertionError("The web process does not answer.")

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start(run.start_worker)

    def start(self, launch: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        with patch.dict(os.environ, self.environment, clear=True):
            self.started.append(launch())
        return self.started[-1]

    def end(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(run.STOP_SECONDS)
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, with all its children: each process has a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(LONG_SECONDS)


# Listeners


@dataclass(frozen=True)
class Heard:
    at: float
    """Seconds since 1970."""
    event: str
    data: Any
    id: str | None


class Ear:
    """Hears somebody's stream in a thread of its own; everything that waits for it gives up after a while."""

    def __init__(self, api: str, token: str, *, after: str | None = None) -> None:
        address = urlsplit(api)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=LONG_SECONDS)
        self.connection.connect()
        self.socket = self.connection.sock
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": after} if after else {})
        self.connection.request("GET", f"{address.path}/stream", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self.heard: list[Heard] = []
        self.changed = threading.Condition()
        self.is_open = True
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.begin = self.wait_for("opening").id

    def listen(self) -> None:
        with suppress(OSError, HTTPException, ValueError):
            for block in blocks(self.answer):
                data = json.loads(block.get("data", "null"))
                self.note(Heard(time.time(), block.get("event", "opening"), data, block.get("id")))
        self.note(None)

    def note(self, heard: Heard | None) -> None:
        with self.changed:
            if heard:
                self.heard.append(heard)
            self.is_open = heard is not None
            self.changed.notify_all()

    def wait_for(
        self, event: str, is_it: Callable[[Heard], bool] = lambda heard: True, *, seconds: float = LONG_SECONDS
    ) -> Heard:
        def found() -> Heard | None:
            return next((heard for heard in self.heard if heard.event == event and is_it(heard)), None)

        with self.changed:
            self.changed.wait_for(lambda: found() or not self.is_open, seconds)
        heard = found()
        assert heard, f"no {event} in {self.heard}"
        return heard

    def wait_for_end(self, seconds: float = LONG_SECONDS) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: not self.is_open, seconds), "the stream stays open"

    @property
    def reasons(self) -> list[str]:
        return [heard.data["reason"] for heard in self.heard if heard.event == "closed"]

    @property
    def ids(self) -> list[str | None]:
        return [heard.id for heard in self.heard if heard.event != "opening"]

    def leave(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(LONG_SECONDS)
        self.answer.close()
        self.connection.close()


@contextmanager
def ear(api: str, token: str, *, after: str | None = None) -> Iterator[Ear]:
    listening = Ear(api, token, after=after)
    try:
        yield listening
    finally:
        listening.leave()


def polled(api: str, token: str, cursor: str) -> list[dict[str, Any]]:
    """All that a log holds after this place."""
    events: list[dict[str, Any]] = []
    while True:
        answer = httpx.get(
            f"{api}/stream/poll", params={"cursor": cursor}, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        assert data["reset"] is False
        if not data["events"]:
            return events
        events += data["events"]
        cursor = data["cursor"]


# A bad wire


REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Wire:
    """Between a client and Infloo; its faults may change while it is in use."""

    def __init__(self, port: int, *, cuts: bool = False, refuses: bool = False) -> None:
        self.port = port
        self.cuts, self.refuses = cuts, refuses
        """Each stream after its first event; every stream."""
        self.streams = self.polls = 0
        self.relays: set[asyncio.Task[None] | None] = set()  # the loop itself would let them be collected
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self.thread.start()
        assert self.ready.wait(LONG_SECONDS)

    async def serve(self) -> None:
        self.loop, self.left = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.connect, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.ready.set()
        await self.left.wait()
        server.close()
        for task in filter(None, list(self.relays)):
            task.cancel()
        await asyncio.sleep(0.1)  # until all are closed

    async def connect(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        to_infloo = None
        self.relays.add(asyncio.current_task())
        try:
            asked = await client.readuntil(b"\r\n\r\n")
            is_stream = b"/stream/poll" not in asked.partition(b"\r\n")[0]
            self.streams, self.polls = self.streams + is_stream, self.polls + (not is_stream)
            if is_stream and self.refuses:
                to_client.write(REFUSAL)
                return
            infloo, to_infloo = await asyncio.open_connection("127.0.0.1", self.port)
            to_infloo.write(asked)
            await (relay_one if is_stream and self.cuts else relay)(infloo, to_client)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.relays.discard(asyncio.current_task())
            for writer in filter(None, (to_client, to_infloo)):
                writer.close()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.left.set)
        self.thread.join(LONG_SECONDS)


async def relay(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while part := await source.read(65536):
        target.write(part)
        await target.drain()


async def relay_one(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Up to the end of the first event, and somewhat into the next."""
    passed = b""
    while part := await source.read(65536):
        passed += part
        begin = passed.find(b"\ndata: ")
        end = passed.find(b"\n\n", begin) if begin >= 0 else -1
        if end >= 0:
            cut = len(passed) - len(part)
            target.write(passed[cut : max(end + 2 + random.randrange(200), cut)])
            return
        target.write(part)
        await target.drain()


# Processes from outside


def processes_of(folder: str) -> dict[int, str]:
    """What runs with its data in this folder: process ids and commands."""
    found = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and folder.encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def web_of(infloo: Infloo) -> int:
    [pid] = [pid for pid, command in processes_of(infloo.environment["DATA_DIR"]).items() if "uvicorn" in command]
    return pid


@dataclass(frozen=True)
class Weight:
    """What a process holds."""

    threads: int
    files: int
    megabytes: float

    @classmethod
    def of(cls, pid: int) -> "Weight":
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(int(status["Threads"]), files, int(status["VmRSS"].split()[0]) / 1024)
