"""`make run`: set everything up, then serve with the web process and the worker until Ctrl-C.

Each child has a session of its own, so that Ctrl-C reaches only this process, which ends them in order:
a worker that gets the terminal's signal and ours hangs.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY_SECONDS = 30
STOP_SECONDS = 3
ENDING = [signal.SIGINT, signal.SIGTERM]
SECRETS = ["SECRET_KEY", "TOKEN_KEY", "DATA_KEYS"]


children: list[subprocess.Popen[bytes]] = []


def main() -> int:
    os.chdir(BASE_DIR)
    os.umask(0o077)  # the data are nobody else's
    write_secrets(BASE_DIR / ".env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        port = settings.PORT
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        return 1
    if settings.DATA_DIR == BASE_DIR / "var":
        settings.DATA_DIR.chmod(0o700)  # an older version left it open
    if is_taken(port):
        print(f"Port {port} is in use. Stop what listens there, or choose another: make run PORT=8001", file=sys.stderr)
        return 1
    for number in ENDING:
        signal.signal(number, stop)
    try:
        demo_logins = prepare()
        serving = [start_worker(), start_web(port)]
        wait_until_ready(port, serving)
        print(welcome(port, demo_logins), flush=True)
        while all(child.poll() is None for child in serving):
            time.sleep(0.2)
        print("A process ended by itself; stopping the other.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        end_children()


def stop(signum: int, frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the stopping.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def write_secrets(path: Path) -> None:
    """The secrets that have no default, once, readable by this user only; to a file from before it adds what is new."""
    written = path.read_text() if path.exists() else ""
    known = os.environ.keys() | set(re.findall(r"^(?:export )?(\w+)=", written, re.MULTILINE))
    missing = [name for name in SECRETS if name not in known]
    if not missing:
        return
    lines = [f"{name}={secrets.token_urlsafe(48)}\n" for name in missing]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        if written and not written.endswith("\n"):
            file.write("\n")
        file.writelines(["# Written by `make run`; .env.example lists every setting.\n", *lines])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C counts at the end: a child that is not in the list yet would be left behind."""
    if threading.current_thread() is not threading.main_thread():  # where no signal arrives
        yield
        return
    held: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: held.append(number)) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if held:
        stop(held[0], None)


def launch(*arguments: str, stdout: int | None = None, **environment: str) -> subprocess.Popen[bytes]:
    command, surroundings = [sys.executable, *arguments], {**os.environ, **environment}
    with interrupts_held():
        child = subprocess.Popen(command, env=surroundings, stdout=stdout, start_new_session=True)
        children.append(child)
    return child


def prepare() -> str:
    """Database and static files. The logins of the demo people, where there are any."""
    preparing = launch("-m", "config.prepare", stdout=subprocess.PIPE)
    said, _ = preparing.communicate()
    children.remove(preparing)
    if preparing.returncode:
        raise SystemExit(preparing.returncode)
    return said.decode() if settings.DEMO else ""


def start_worker() -> subprocess.Popen[bytes]:
    return launch("manage.py", "qcluster")


def start_web(port: int) -> subprocess.Popen[bytes]:
    command = f"-m uvicorn config.asgi:application --host {HOST} --port {port} --loop uvloop --http httptools"
    options = "--no-access-log --no-proxy-headers --no-server-header --timeout-graceful-shutdown 2"
    return launch(*command.split(), *options.split(), DATABASE_POOL="1")


def wait_until_ready(port: int, serving: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while all(child.poll() is None for child in serving) and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/api/v1/health/ready", timeout=2):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit("Infloo did not become ready; the lines above say why.")


def welcome(port: int, demo_logins: str) -> str:
    site = f"http://{HOST}:{port}"
    hint = "" if demo_logins else "   (first account: .venv/bin/python manage.py createsuperuser)"
    return (
        "\nInfloo is running; Ctrl-C stops it.\n"
        f"  API      {site}/api/v1/docs\n"
        f"  Console  {site}/admin/{hint}\n\n"
        f"{demo_logins}"
    )


def end_children() -> None:
    """Ask each to stop, the parent process only; what is left after a while is killed with its session."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(deadline - time.monotonic(), 0.1))
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
