"""Children: other processes at work on the benchmarks' database."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

STOP_SECONDS = 15


def environment() -> dict[str, str]:
    """That of this process, with the benchmarks' database in place of the one it was made beside."""
    name = settings.DATABASES["default"]["NAME"]
    if connection.vendor == "sqlite":
        return {**os.environ, "DATABASE_URL": f"sqlite:///{name}"}
    return {**os.environ, "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}


def answer_of(module: str) -> str:
    """What `python -m module` prints."""
    command = [sys.executable, "-m", module]
    return subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str | Path], log: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("a") as output:
        child = subprocess.Popen(  # noqa: S603
            command, env=environment() | variables, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield child
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
