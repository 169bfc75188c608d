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
from benchmarks.processes import running
from benchmarks.size import BUSY, FRIEND, PASSWORD, username
from benchmarks.wrk import Figures, Request, measure

PORT = 8910
SECONDS = 5
CLIENTS = (1, 32)
PEOPLE = 64
"""They ask in turn: brands with tens of connections, each with somebody to write to."""
PEER = Path(__file__).parent / "peer"
UVICORN = "--loop uvloop --http httptools --no-access-log --no-proxy-headers --no-server-header"
GUNICORN = f"--bind 127.0.0.1:{PORT} --worker-class gthread --workers 2 --threads 16 --log-level warning"
JSON = {"Content-Type": "application/json"}
BOUNDARY = "benchmark"

Measured = dict[str, dict[int, Figures]]
"""By operation, and by the number of clients."""


@dataclass(frozen=True)
class Server:
    name: str
    command: Sequence[str | Path]
    variables: dict[str, str]
    is_infloo: bool = True


def main(world: World) -> None:
    print(f"\nload; {world.users:,} people, {SECONDS} s each; requests per second, milliseconds")
    with tempfile.TemporaryDirectory(prefix="infloo-load-") as name:
        folder = Path(name)
        python = make_peer(folder)
        results = {server.name: measure_server(server, folder, world) for server in servers(folder, python)}
    compare(results)


def make_peer(folder: Path) -> Path:
    """An environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", folder / "peer"], check=True)  # noqa: S603
    python = folder / "peer/bin/python"
    install = "-m pip install --quiet --quiet --disable-pip-version-check -r"
    subprocess.run([python, *install.split(), PEER / "requirements.txt"], check=True)  # noqa: S603
    return python


def servers(folder: Path, python: Path) -> list[Server]:
    infloo = {"DATABASE_POOL": "1", "LOG_LEVEL": "INFO"}
    asgi = f"-m uvicorn config.asgi:application --host 127.0.0.1 --port {PORT} --timeout-graceful-shutdown 5 {UVICORN}"
    wsgi = f"-m gunicorn config.wsgi:application {GUNICORN}"
    peer = f"-m gunicorn benchmarks.peer.wsgi:application {GUNICORN}"
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.peer.settings", "MEDIA_ROOT": str(folder / "media")}
    return [
        Server("Infloo, uvicorn", [sys.executable, *asgi.split()], infloo),
        Server("Infloo, gunicorn", [sys.executable, *wsgi.split()], infloo),
        Server("peer, gunicorn", [python, *peer.split()], settings, is_infloo=False),
    ]


def measure_server(server: Server, folder: Path, world: World) -> Measured:
    print(f"\n{server.name}")
    heads = [f"{clients} client{'s' if clients > 1 else ''}: /s {'p50':>8} {'p99':>8}" for clients in CLIENTS]
    print(f"{'':24} {'queries':>8} {heads[0]:>32} {heads[1]:>34} {'errors':>7}")
    with serving(server, folder, COUNT_QUERIES="1"):
        operations = prepare(world)
        counts = {label: count_queries(server, requests[-1]) for label, requests in operations.items()}
    measured: Measured = {}
    with serving(server, folder):
        for label, requests in operations.items():
            measured[label] = {
                clients: measure(folder, PORT, requests, clients=clients, seconds=SECONDS) for clients in CLIENTS
            }
            print(line(label, counts[label], measured[label]), flush=True)
            if server.is_infloo and label == "POST event":
                print(f"{'':24} the worker was done {wait_for_worker():.1f} s later", flush=True)
    return measured


@contextmanager
def serving(server: Server, folder: Path, **variables: str) -> Iterator[None]:
    log = folder / "servers.log"
    with ExitStack() as stack:
        stack.enter_context(running(server.command, log, **server.variables, **variables))
        if server.is_infloo:
            stack.enter_context(running([sys.executable, "manage.py", "qcluster"], log, LOG_LEVEL="INFO"))
        wait_until_ready(log)
        yield


def wait_until_ready(log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            send(Request("GET", "/api/v1/notifications"))
        except urllib.error.HTTPError:  # it answers: nobody is signed in
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"The server does not answer:\n{log.read_text()[-3000:]}")


def send(request: Request) -> Any:
    url = f"http://127.0.0.1:{PORT}{request.path}"
    call = urllib.request.Request(url, request.body or None, request.headers, method=request.method)
    with urllib.request.urlopen(call, timeout=20) as response:  # noqa: S310
        return response.headers, json.load(response)


def prepare(world: World) -> dict[str, list[Request]]:
    """For each operation what the people ask in turn."""
    start, step = world.users // 3 // 8 * 8 + 2, world.users // 2 // PEOPLE // 8 * 8
    people = [start + step * place for place in range(PEOPLE)]
    partners = [partner_of(person) for person in people]
    tokens = [bearer(person) for person in [*people, BUSY]]
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


def bearer(person: int) -> dict[str, str]:
    answer = send(login(person))[1]
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


def count_queries(server: Server, request: Request) -> int:
    """Of the second time: the first may warm something up."""
    send(request)
    return len(queries_of(partial(inside, request))) if server.is_infloo else int(send(request)[0]["X-Queries"])


def inside(request: Request) -> Any:
    kind = request.headers.get("Content-Type", "")
    return Client().generic(request.method, request.path, request.body, kind, headers=request.headers)


def wait_for_worker() -> float:
    started = time.monotonic()
    while OrmQ.objects.exists():
        time.sleep(0.1)
    return time.monotonic() - started


def line(label: str, queries: int, figures: dict[int, Figures]) -> str:
    columns = [f"{found.per_second:16.0f} {found.p50:8.1f} {found.p99:8.1f}" for found in figures.values()]
    return f"{label:24} {queries:8} {columns[0]} {columns[1]} {sum(found.errors for found in figures.values()):7}"


def compare(results: dict[str, Measured]) -> None:
    clients, names = CLIENTS[-1], list(results)
    print(f"\nrequests per second at {clients} clients")
    print(f"{'':24}" + "".join(f"{name:>18}" for name in names) + f"{'best to peer':>14}")
    for label in next(iter(results.values())):
        found = [results[name][label][clients].per_second for name in names]
        times = f"{max(found[:-1]) / found[-1]:13.1f}x" if found[-1] else f"{'none came':>14}"
        print(f"{label:24}" + "".join(f"{per_second:18.0f}" for per_second in found) + times)
