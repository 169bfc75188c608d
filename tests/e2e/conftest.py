"""The real processes, started by the README's own command."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
STOP_SECONDS = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@dataclass
class Infloo:
    """A running installation: `make run` with its data in a folder (and on PostgreSQL a database) of its own."""

    url: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    def manage(self, *arguments: str, **environment: str) -> None:
        command = [ROOT / ".venv/bin/python", "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env={**self.environment, **environment}, check=True, capture_output=True)

    def interrupt(self) -> float:
        """Press Ctrl-C; the seconds until everything has ended."""
        started = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - started


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fresh_environment(folder: Path) -> dict[str, str]:
    """Settings as a first visitor has them, but for the place of the data."""
    environment = {name: value for name, value in os.environ.items() if name not in ("THROTTLES", "PUBLIC_URL")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_KEY": secrets.token_hex(32),
    }
    if "DATABASE_URL" in os.environ:
        environment["DATABASE_URL"] = fresh_database(os.environ["DATABASE_URL"])
    return environment


def fresh_database(url: str) -> str:
    """An empty PostgreSQL database beside the one of the test run."""
    name = f"infloo_e2e_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


Start = Callable[[], Infloo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`make run` until it answers, again and again with the same data; whatever still runs ends with the test."""
    environment, log = fresh_environment(tmp_path / "data"), tmp_path / "run.log"
    started: list[Infloo] = []

    def start() -> Infloo:
        started.append(launch(environment, log))
        wait_until_ready(started[-1], log)
        return started[-1]

    yield start
    for infloo in started:
        if infloo.process.poll() is None:
            infloo.interrupt()


def launch(environment: dict[str, str], log: Path) -> Infloo:
    port = free_port()
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Infloo(f"http://127.0.0.1:{port}", environment, process)


def wait_until_ready(infloo: Infloo, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and infloo.process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{infloo.api}/health/ready", timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail(f"make run did not become ready:\n{log.read_text()}")


@pytest.fixture
def infloo(start: Start) -> Infloo:
    return start()
