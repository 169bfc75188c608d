"""The process that serves the live stream, and tokens for those who listen to it."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.tokens import Claims, Purpose, make_token, new_token_id
from benchmarks.processes import free_port, running

PORT = free_port()
SERVER = (
    f"-m uvicorn config.asgi:application --host 127.0.0.1 --port {PORT} --loop uvloop --http httptools"
    " --log-level warning --no-access-log --no-proxy-headers --no-server-header --timeout-graceful-shutdown 5"
)
START_SECONDS = 30


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[int]:
    """As docs/operations.md has it; the id of the process."""
    log = folder / "server.log"
    with running([sys.executable, *SERVER.split()], log, **{"DATABASE_POOL": "1", **variables}) as child:
        wait_until_ready(log)
        yield child.pid


def wait_until_ready(log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/api/v1/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The server does not answer:\n{log.read_text()[-3000:]}")


def memory_of(process: int) -> int:
    """What is resident, in KiB."""
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(process)]))  # noqa: S603, S607


def open_sessions(people: Sequence[int]) -> list[Session]:
    """One for each, without what a login costs."""
    until = timezone.now() + timedelta(days=1)
    return Session.objects.bulk_create(
        [Session(user_id=person, refresh_id=new_token_id(), expires_at=until) for person in people], batch_size=1000
    )


def access(session: Session, seconds: float) -> str:
    claims = Claims(session.user_id, session.pk, new_token_id(), time.time() + seconds)
    return make_token(Purpose.ACCESS, claims)
