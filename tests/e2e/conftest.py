"""The real processes, started by the README's own command."""

import atexit
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".venv/bin/python"
START_SECONDS = 120
STOP_SECONDS = 5


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@dataclass
class Installation:
    """Its data are in a folder (and on PostgreSQL in a database) of its own."""

    url: str
    environment: dict[str, str]

    @property
    def api(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def data(self) -> Path:
        return Path(self.environment["DATA_DIR"])

    def manage(self, *arguments: str, **environment: str) -> str:
        """What the command says."""
        command, surroundings = [PYTHON, "manage.py", *arguments], {**self.environment, **environment}
        done = subprocess.run(command, cwd=ROOT, env=surroundings, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def connect(self, *, wait: float = 20) -> "sqlite3.Connection | psycopg.Connection[Any]":
        """To its database, behind the product's back; each statement commits. SQLite may have to `wait`."""
        if address := self.environment.get("DATABASE_URL"):
            return psycopg.connect(address, autocommit=True)
        return sqlite3.connect(self.data / "infloo.sqlite3", timeout=wait, isolation_level=None)

    def ask(self, query: str, *, wait: float = 20) -> list[tuple[Any, ...]]:
        with closing(self.connect(wait=wait)) as connection:
            return connection.execute(query).fetchall()

    def files(self) -> set[Path]:
        """What people have sent: what was kept of it, and what was left over on the way."""
        folders = [self.data / name for name in ("public", "private", "tmp")]
        return {path for folder in folders for path in folder.rglob("*") if path.is_file()}

    def worker_ids(self) -> list[int]:
        """The process ids of the worker and its children."""
        return [pid for pid, command in processes_of(self.data).items() if "qcluster" in command]


@dataclass
class Infloo(Installation):
    """One that runs, by `make run`."""

    process: subprocess.Popen[bytes]

    def interrupt(self) -> float:
        """Press Ctrl-C; the seconds until everything has ended."""
        started = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - started


def processes_of(folder: Path) -> dict[int, str]:
    """What runs with its data in this folder: process ids and commands."""
    found = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and str(folder).encode() in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fresh_environment(folder: Path, database: str | None = "infloo_e2e") -> dict[str, str]:
    """Settings as a first visitor has them, but for the place of the data. None: its database comes later."""
    environment = {name: value for name, value in os.environ.items() if name not in ("THROTTLES", "PUBLIC_URL")}
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    environment |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_KEY": secrets.token_hex(32),
        "DATA_KEYS": secrets.token_hex(32),
        "DEMO": "0",
    }
    if database and "DATABASE_URL" in os.environ:
        environment["DATABASE_URL"] = fresh_database(os.environ["DATABASE_URL"], database)
    return environment


def prepared_environment(folder: Path, database: str = "infloo_e2e") -> dict[str, str]:
    """The same where `make run` has set everything up already: migrated, seeded, without people."""
    environment, began = fresh_environment(folder, None), prepared(os.environ.get("DATABASE_URL"))
    shutil.copytree(began["DATA_DIR"], folder, dirs_exist_ok=True)
    if address := began.get("DATABASE_URL"):
        environment["DATABASE_URL"] = fresh_database(address, database, template=urlsplit(address).path[1:])
    return environment


@cache
def prepared(server: str | None) -> dict[str, str]:
    """Begins as a first visitor's and ends with this process; once for each database server, for it takes seconds."""
    folder = tempfile.mkdtemp(prefix="infloo-prepared-")
    atexit.register(shutil.rmtree, folder)
    environment = fresh_environment(Path(folder), "infloo_prepared")
    if server:
        atexit.register(drop_database, environment["DATABASE_URL"])
    subprocess.run([PYTHON, "-m", "config.prepare"], cwd=ROOT, env=environment, check=True)
    return environment


def fresh_database(url: str, name: str, template: str = "template1") -> str:
    """A PostgreSQL database beside the one of the test run, empty or a copy."""
    name = f"{name}_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True, dbname="postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(url: str) -> None:
    """Unless its server has ended before."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True, dbname="postgres") as connection:
        connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")


@dataclass
class Home:
    """Where an installation lives; it can be started again and again with the same data."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    begin: Callable[[Path], dict[str, str]] = prepared_environment

    def __post_init__(self) -> None:
        self.environment = self.begin(self.folder / "data") | self.settings
        self.log = self.folder / "run.log"
        self.port = free_port()
        self.started: list[Infloo] = []

    def start(self, **settings: str) -> Infloo:
        """`make run`, until it says that it is running."""
        infloo = launch({**self.environment, **settings}, self.log, self.port)
        self.started.append(infloo)
        deadline = time.monotonic() + START_SECONDS
        while self.log.read_text().count("Infloo is running") < len(self.started):
            if time.monotonic() > deadline or infloo.process.poll() is not None:
                pytest.fail(f"make run did not become ready:\n{self.log.read_text()}")
            time.sleep(0.05)
        return infloo

    def running(self) -> Infloo:
        """The one that runs, or a new start."""
        if self.started and self.started[-1].process.poll() is None:
            return self.started[-1]
        return self.start()

    def clear(self) -> None:
        for infloo in self.started:
            if infloo.process.poll() is None:
                infloo.interrupt()
        if "DATABASE_URL" in self.environment:
            drop_database(self.environment["DATABASE_URL"])


Start = Callable[..., Infloo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`make run` until it runs, again and again with the same data; whatever still runs ends with the test."""
    home = Home(tmp_path)
    yield home.start
    home.clear()


def launch(environment: dict[str, str], log: Path, port: int) -> Infloo:
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


@pytest.fixture
def infloo(start: Start) -> Infloo:
    """A fresh one, as a first visitor has it."""
    return start()


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("shared"), {"THROTTLES": "off", "WORKER_TIMEOUT": "14", "WORKER_RETRY": "15"})
    yield home
    home.clear()


@pytest.fixture
def shared(shared_home: Home) -> Iterator[Infloo]:
    """One for all tests that can live with the others' data: no limits, and it soon tries again what died."""
    infloo = shared_home.running()
    seen = len(shared_home.log.read_text())
    yield infloo
    failures = [line for line in shared_home.log.read_text()[seen:].splitlines() if '"status": 5' in line]
    assert failures == []


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """As a first visitor has it, from nothing to demo people: for all tests that look, or only add to it."""
    home = Home(tmp_path_factory.mktemp("demo"), {"DEMO": "1"}, fresh_environment)
    yield home
    home.clear()
