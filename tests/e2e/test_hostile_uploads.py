"""What is sent to keep a server busy holds up nobody else: gunicorn with one process, as the deployment has it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from PIL import Image

from tests.core.media.test_films import HOSTILE
from tests.e2e.conftest import ROOT, Infloo, free_port, processes_of
from tests.e2e.people import joined

pytestmark = pytest.mark.sqlite  # the database has no part in it

MEGABYTE = 1024 * 1024
MEMORY = 900 * MEGABYTE
PATIENCE = 1.0
"""Seconds in which /health has to answer."""


def large(format: str, side: int) -> bytes:
    target = BytesIO()
    Image.new("P", (side, side)).save(target, format)
    return target.getvalue()


FILMS = [HOSTILE["a name without a length"], HOSTILE["tracks in tracks"]]
PICTURES = [large("PNG", 7_990), large("GIF", 7_990)]
BROKEN_OFF = b'--x\r\nContent-Disposition: form-data; name="content_file"; filename="a.png"\r\n\r\n' + b"x" * MEGABYTE


@pytest.fixture
def gunicorn(shared: Infloo) -> Iterator[str]:
    """The address of one process, beside the shared installation and with its data."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", address]
    environment = shared.environment | {"WEB_CONCURRENCY": "1", "MARK": f"gunicorn-{address}"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://{address}/api/v1/health")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for(url: str) -> None:
    for _ in range(150):
        with suppress(httpx.TransportError):
            if httpx.get(url, timeout=PATIENCE).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


def memory_of(mark: str) -> int:
    """What the processes that were started with this mark take: each page is counted once."""
    total = 0
    for pid in processes_of(Path(mark)):
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def send(url: str, token: str, number: int) -> int:
    """One hostile upload; its status."""
    headers = {"Authorization": token}
    match number % 3:
        case 0:
            files = {"content_file": ("a.mp4", FILMS[number % len(FILMS)])}
            return httpx.post(f"{url}/api/v1/stories", files=files, headers=headers, timeout=60).status_code
        case 1:
            files = {"content_file": ("a.png", PICTURES[number % len(PICTURES)])}
            return httpx.post(f"{url}/api/v1/stories", files=files, headers=headers, timeout=60).status_code
        case _:
            headers["Content-Type"] = "multipart/form-data; boundary=x"
            return httpx.post(f"{url}/api/v1/stories", content=BROKEN_OFF, headers=headers, timeout=60).status_code


def test_nobody_else_waits(gunicorn, shared):
    done, largest = Event(), [0]

    def watch() -> None:
        while not done.wait(0.1):
            largest.append(memory_of(f"gunicorn-{gunicorn.removeprefix('http://')}"))

    with ExitStack() as people, ThreadPoolExecutor(12) as senders:
        tokens = [
            people.enter_context(joined(shared, f"hostile{number}", 1)).headers["Authorization"] for number in range(4)
        ]
        watcher = Thread(target=watch)
        watcher.start()
        sent = [senders.submit(send, gunicorn, tokens[number % 4], number) for number in range(12)]  # four of each kind
        answered = 0
        while not all(one.done() for one in sent):
            assert httpx.get(f"{gunicorn}/api/v1/health", timeout=PATIENCE).status_code == 200
            profile = httpx.get(f"{gunicorn}/api/v1/users/profile", headers={"Authorization": tokens[0]}, timeout=10)
            assert profile.status_code == 200
            answered += 1
        done.set()
        watcher.join()

    # Read, refused, or told to come again; nothing else.
    assert {one.result() for one in sent} <= {201, 400, 415, 429, 503}
    assert {201, 400} <= {one.result() for one in sent}
    assert answered > 3
    assert 0 < max(largest) < MEMORY
