"""The web process and the worker as `make run` starts them, each to be started, ended and killed by itself."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from config import run
from tests.e2e.conftest import START_SECONDS, Installation, drop_database, free_port, prepared_environment

Process = subprocess.Popen[bytes]


@dataclass
class Parts(Installation):
    """An installation in parts. Access tokens of the test process are good for it."""

    web: Process | None = None
    worker: Process | None = None

    @classmethod
    def make(cls, folder: Path, **environment: str) -> "Parts":
        own = {"THROTTLES": "off", "TOKEN_KEY": settings.TOKEN_KEY, "LOG_LEVEL": "WARNING"}
        parts = cls("", prepared_environment(folder / "data", "infloo_parts") | own | environment)
        parts.url = f"http://127.0.0.1:{free_port()}"
        return parts

    def serve(self) -> Process:
        """The web process that runs, or a new one."""
        if self.web is None or self.web.poll() is not None:
            self.web = self.start_web(self.url)
        return self.web

    def start_web(self, url: str) -> Process:
        web = self.start(lambda: run.start_web(urlsplit(url).port or 0))
        wait_until_ready(url, web)
        return web

    def work(self, **environment: str) -> Process:
        """The worker that runs, or a new one."""
        if self.worker is None or self.worker.poll() is not None:
            self.worker = self.start(run.start_worker, environment)
        return self.worker

    def rest(self) -> None:
        """Without a worker, until the next is asked for."""
        if self.worker:
            end(self.worker)

    def start(self, launch: Callable[[], Process], environment: Mapping[str, str] = {}) -> Process:
        with patch.dict(os.environ, {**self.environment, **environment}, clear=True):
            return launch()

    def clear(self) -> None:
        end(*filter(None, (self.worker, self.web)))
        if "DATABASE_URL" in self.environment:
            drop_database(self.environment["DATABASE_URL"])


def wait_until_ready(url: str, web: Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while web.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/api/v1/health/ready", timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("The web process does not become ready.")


def end(*processes: Process) -> None:
    """As `make run` does: ask the parent, and kill what is left after a while."""
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(run.STOP_SECONDS)
        kill(process)


def kill(process: Process) -> None:
    """Kill -9 of it and all its children: each has a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
