"""The hot paths over HTTP: Infloo under two servers, and what a team would otherwise write."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from PIL import Image

from apps.messaging.models import Conversation
from benchmarks.caller import queries_of
from benchmarks.data import World
from benchmarks.processes import free_port, running
from benchmarks.size import BUSY, FRIEND, PASSWORD, username
from benchmarks.wrk import Figures, Request, measure

SECONDS = 5
CLIENTS = (1, 32)
PEOPLE = 64
"""They ask in turn: brands with tens of connections, each with somebody to write to."""
PEER = Path(__file__).parent / "peer"
UVICORN = "--loop uvloop --http httptools --no-access-log --no-proxy-headers --no-server-header"
GUNICORN = "--worker-class gthread --workers 2 --threads 4 --log-level warning"
"""As deploy/gunicorn.conf.py has it, but that wrk keeps its connections as nginx would its callers'."""
JSON = {"Content-Type": "application/json"}
BOUNDARY = "benchmark"

Measured = dict[int, Figures]
"""By the number of clients."""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    command: Sequence[str | Path]
    variables: dict[str, str]
    is_infloo: bool = True


def main(world: World) -> None:
    print(f"\nload; {world.users:,} people, {SECONDS} s each; requests per second, milliseconds")
    with tempfile.TemporaryDirectory(prefix="infloo-load-") as name:
        folder = Path(name)
        found = servers(folder, make_peer(folder))
        with serving(found, folder, COUNT_QUERIES="1"):
            operations = {server.name: prepare(server, world) for server in found}
            counts = {server.name: count_queries(server, operations[server.name]) for server in found}
        print_head()
        with serving(found, folder):
            for label in operations[found[0].name]:
                measured = {}
                for server in found:
                    measured[server.name] = measure_one(server, folder, operations[server.name][label])
                    print(line(label, server, counts[server.name][label], measured[server.name]), flush=True)
                    if (seconds := wait_for_worker()) > 1:
                        print(f"{'':14} the worker was done {seconds:.1f} s later", flush=True)
                print(f"{'':14} {times_the_peer(list(measured.values()))}")


def make_peer(folder: Path) -> Path:
    """An environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", folder / "peer"], check=True)  # noqa: S603
    python = folder / "peer/bin/python"
    install = "-m pip install --quiet --quiet --disable-pip-version-check -r"
    subprocess.run([python, *install.split(), PEER / "requirements.txt"], check=True)  # noqa: S603
    return python


def servers(folder: Path, python: Path) -> list[Server]:
    """The peer comes last."""
    infloo = {"DATABASE_POOL": "1", "LOG_LEVEL": "INFO"}
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.peer.settings", "MEDIA_ROOT": str(folder / "media")}
    asgi, wsgi, peer = free_port(), free_port(), free_port()
    commands = [
        f"-m uvicorn config.asgi:application --host 127.0.0.1 --port {asgi} --timeout-graceful-shutdown 5 {UVICORN}",
        f"-m gunicorn config.wsgi:application --bind 127.0.0.1:{wsgi} {GUNICORN}",
        f"-m gunicorn benchmarks.peer.wsgi:application --bind 127.0.0.1:{peer} {GUNICORN}",
    ]
    return [
        Server("Infloo, uvicorn", asgi, [sys.executable, *commands[0].split()], infloo),
        Server("Infloo, gunicorn", wsgi, [sys.executable, *commands[1].split()], infloo),
        Server("peer, gunicorn", peer, [python, *commands[2].split()], settings, is_infloo=False),
    ]


@contextmanager
def serving(found: Sequence[Server], folder: Path, **variables: str) -> Iterator[None]:
    """All of them, and Infloo's worker; while one is measured the others wait."""
    log = folder / "servers.log"
    with ExitStack() as stack:
        for server in found:
            stack.enter_context(running(server.command, log, **server.variables, **variables))
        stack.enter_context(running([sys.executable, "manage.py", "qcluster"], log, LOG_LEVEL="INFO"))
        for server in found:
            wait_until_ready(server, log)
        yield


def wait_until_ready(server: Server, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            send(server, Request("GET", "/api/v1/notifications"))
        except urllib.error.HTTPError:  # it answers: nobody is signed in
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{server.name} does not answer:\n{log.read_text()[-3000:]}")


def send(server: Server, request: Request) -> Any:
    url = f"http://127.0.0.1:{server.port}{request.path}"
    call = urllib.request.Request(url, request.body or None, request.headers, method=request.method)
    with urllib.request.urlopen(call, timeout=20) as response:  # noqa: S310
        return response.headers, json.load(response)


def measure_one(server: Server, folder: Path, requests: Sequence[Request]) -> Measured:
    return {clients: measure(folder, server.port, requests, clients=clients, seconds=SECONDS) for clients in CLIENTS}


def prepare(server: Server, world: World) -> dict[str, list[Request]]:
    """For each operation what the people ask in turn."""
    start, step = world.users // 3 // 8 * 8 + 2, world.users // 2 // PEOPLE // 8 * 8
    people = [start + step * place for place in range(PEOPLE)]
    partners = [partner_of(person) for person in people]
    tokens = [bearer(server, person) for person in [*people, BUSY]]
    each = list(zip(people, partners, tokens, strict=False))
    picture = small_picture()
    long_chat = Request("GET", f"/api/v1/chat?user_id={FRIEND}", tokens[-1])
    return {
        "GET profile": [get(f"/users/profile/{username(partner)}", token) for _, partner, token in each],
        "GET events": [get("/events", token) for *_, token in each],
        "GET connections": [get("/connections", token) for *_, token in each],
        "GET stories": [get("/stories", token) for *_, token in each],
        "GET notifications": [get("/notifications", token) for *_, token in each],
        "GET chat": [get(f"/chat?user_id={partner}", token) for _, partner, token in each],
        "GET chat of 100,000": [long_chat],
        "POST chat": [post("/chat", token, receiver_id=partner, content="Hello") for _, partner, token in each],
        "POST event": [post("/events", token, **event()) for *_, token in each],
        "POST story": [story(picture, token) for *_, token in each],
        "POST login": [login(person) for person in people],
    }


def partner_of(person: int) -> int:
    theirs = Conversation.objects.filter(Q(first=person) | Q(second=person), name=None)
    return theirs.order_by("pk").get(second=person).first_id if theirs else FRIEND


def bearer(server: Server, person: int) -> dict[str, str]:
    answer = send(server, login(person))[1]
    return {"Authorization": f"Bearer {answer.get('data', answer)['access']}"}


def login(person: int) -> Request:
    return post("/users/auth/login", {}, username=username(person), password=PASSWORD)


def get(path: str, headers: dict[str, str]) -> Request:
    return Request("GET", f"/api/v1{path}", headers)


def post(path: str, headers: dict[str, str], **body: Any) -> Request:
    return Request("POST", f"/api/v1{path}", headers | JSON, json.dumps(body).encode())


def event() -> dict[str, str]:
    return {"title": "Gala", "date": (timezone.now() + timedelta(days=7)).isoformat(), "location": "Vienna"}


def small_picture() -> bytes:
    target = BytesIO()
    Image.effect_noise((320, 240), 40).convert("RGB").save(target, "JPEG", quality=80)
    return target.getvalue()


def story(picture: bytes, headers: dict[str, str]) -> Request:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content_file"; filename="a.jpg"\r\n'
    body = f"{part}Content-Type: image/jpeg\r\n\r\n".encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()
    return Request(
        "POST", "/api/v1/stories", headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body
    )


def count_queries(server: Server, operations: dict[str, list[Request]]) -> dict[str, int]:
    """Of the second time: the first may warm something up."""
    counts = {}
    for label, requests in operations.items():
        send(server, requests[-1])
        asked = partial(inside, requests[-1])
        counts[label] = len(queries_of(asked)) if server.is_infloo else int(send(server, requests[-1])[0]["X-Queries"])
    return counts


def inside(request: Request) -> Any:
    kind = request.headers.get("Content-Type", "")
    return Client().generic(request.method, request.path, request.body, kind, headers=request.headers)


def wait_for_worker() -> float:
    """Seconds; what it still has to tell would cost whoever is measured next."""
    started = time.monotonic()
    while OrmQ.objects.exists():
        time.sleep(0.1)
    return time.monotonic() - started


def print_head() -> None:
    heads = [f"{clients} client{'s' if clients > 1 else ''}: /s {'p50':>8} {'p99':>8}" for clients in CLIENTS]
    print(f"{'':33} {'queries':>8} {heads[0]:>32} {heads[1]:>34} {'errors':>7}")


def line(label: str, server: Server, queries: int, figures: Measured) -> str:
    columns = [f"{found.per_second:16.0f} {found.p50:8.1f} {found.p99:8.1f}" for found in figures.values()]
    errors = sum(found.errors for found in figures.values())
    return f"{label:14} {server.name:18} {queries:8} {columns[0]} {columns[1]} {errors:7}"


def times_the_peer(measured: Sequence[Measured]) -> str:
    """At most clients, of that server of Infloo's which answered most."""
    *infloo, peer = (figures[CLIENTS[-1]] for figures in measured)
    best = max(infloo, key=lambda found: found.per_second)
    ratio = f"{best.per_second / peer.per_second:.1f} times" if peer.per_second else "more than nothing of"
    return f"at {CLIENTS[-1]} clients {ratio} the peer's requests; p99 {best.p99:.0f} ms against {peer.p99:.0f} ms"
