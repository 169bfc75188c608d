"""The live stream: what idle streams cost, and how soon clients have what happens."""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from apps.accounts.models import User
from apps.live.services import publish
from apps.notifications.jobs import as_told
from apps.notifications.models import Notification
from apps.notifications.schemas import NotificationEvent
from benchmarks.data import World
from benchmarks.live import PORT, access, memory_of, open_sessions, serving

IDLE = (1_000, 10_000)
RECEIVERS = {1_000: 10, 5_000: 5}
"""How many are told of one event, and how often."""
RINGS = 200
QUIET_SECONDS = 2
"""After the last stream was opened, before anything is measured."""
LISTENING_SECONDS = 3600


def main(world: World) -> None:
    allow_files()
    people = list(User.objects.active().order_by("pk").values_list("pk", flat=True)[: max(IDLE)])
    with tempfile.TemporaryDirectory(prefix="infloo-streams-") as name:
        folder = Path(name)
        tokens = [access(session, LISTENING_SECONDS) for session in open_sessions(people)]
        (folder / "tokens").write_text("\n".join(tokens))
        measure_memory(folder, len(people))
        measure_receivers(folder, people)
        measure_bells(folder, people)


def allow_files() -> None:
    """As many as may be, for the children too."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))


def measure_memory(folder: Path, most: int) -> None:
    print("\nidle streams in one process; KiB of its memory for each")
    print(f"{'streams':>8} {'opened in s':>12} {'KiB each':>9} {'MiB of all':>11}")
    with serving(folder) as server:
        with audience(folder) as few:
            few.open(min(50, most))  # what a process needs only once
        before = memory_of(server)
        with audience(folder) as clients:
            seconds = 0.0
            for count in (count for count in IDLE if count <= most):
                seconds += clients.open(count)
                now = memory_of(server)
                print(f"{count:8,} {seconds:12.1f} {(now - before) / count:9.1f} {now / 1024:11.0f}", flush=True)


def measure_receivers(folder: Path, people: Sequence[int]) -> None:
    print("\none event to so many streams of one process; milliseconds from the call that publishes it")
    print(f"{'streams':>8} {'published':>10} {'p50':>8} {'p99':>8} {'last':>8}")
    for count, rounds in RECEIVERS.items():
        if count <= len(people):
            with serving(folder), audience(folder) as clients:
                clients.open(count)
                written, heard = tell(clients, people[:count], rounds)
            print(f"{count:8,} {statistics.median(written):10.1f} {three(heard)}", flush=True)


def measure_bells(folder: Path, people: Sequence[int]) -> None:
    """From this process to the server's."""
    print(f"\none event to one person of 1,000 who listen, {RINGS} times; milliseconds from the call that publishes it")
    print(f"{'bell':>20} {'published':>10} {'p50':>8} {'p99':>8} {'last':>8}")
    bells = {connection.vendor: "", f"{connection.vendor}, Redis": settings.REDIS_URL}
    for bell, redis in bells.items():
        if redis or "Redis" not in bell:
            with override_settings(REDIS_URL=redis), serving(folder, REDIS_URL=redis), audience(folder) as clients:
                clients.open(1_000)
                written, heard = tell(clients, people[:1], RINGS)
            print(f"{bell:>20} {statistics.median(written):10.1f} {three(heard)}", flush=True)


def tell(clients: "Audience", people: Sequence[int], rounds: int) -> tuple[list[float], list[float]]:
    """Until it was published, and until each of them had it, in milliseconds."""
    event = NotificationEvent(data=as_told(Notification.objects.in_full()[:1].get()))
    written: list[float] = []
    heard: list[float] = []
    for _ in range(rounds):
        started = time.monotonic()
        with transaction.atomic():
            publish(people, event)
        written.append((time.monotonic() - started) * 1000)
        heard += [(moment - started) * 1000 for moment in clients.hear(len(people))]
    return written, heard


def three(times: Sequence[float]) -> str:
    late = statistics.quantiles(times, n=100, method="inclusive")[98]
    return f"{statistics.median(times):8.1f} {late:8.1f} {max(times):8.1f}"


class Audience:
    """The clients' process; see audience.py."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self.child = child

    def open(self, count: int) -> float:
        """Until so many streams are open; the seconds that took."""
        answer = self.ask(f"open {count}")
        if answer["open"] != count:
            raise SystemExit(f"{answer['open']} of {count} streams are open.")
        time.sleep(QUIET_SECONDS)
        return float(answer["seconds"])

    def hear(self, count: int) -> list[float]:
        """The moments at which so many events came; no more and no fewer."""
        moments: list[float] = self.ask(f"hear {count}")
        if len(moments) != count:
            raise SystemExit(f"{len(moments)} events came where {count} were told.")
        return moments

    def ask(self, order: str) -> Any:
        print(order, file=self.child.stdin, flush=True)
        return json.loads(self.child.stdout.readline())  # type: ignore[union-attr]  # both are pipes


@contextmanager
def audience(folder: Path) -> Iterator[Audience]:
    command = [sys.executable, "-m", "benchmarks.audience", str(PORT), str(folder / "tokens")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        try:
            yield Audience(child)
        finally:
            child.terminate()
