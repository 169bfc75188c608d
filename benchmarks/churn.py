"""Half an hour of coming and going at the live stream, and what its process holds before, meanwhile and after."""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction

from apps.accounts.models import User
from apps.accounts.services import sessions
from apps.live.services import publish
from apps.notifications.jobs import as_told
from apps.notifications.models import Notification
from apps.notifications.schemas import NotificationEvent
from benchmarks.crowd import Crowd
from benchmarks.data import World
from benchmarks.live import memory_of, open_sessions, serving

PEOPLE, SLOW = 500, 10
AUDIENCE = 50
"""How many are told of each event."""
LARGE = 100_000
"""Characters in the events of those who read nothing, so that their buffers fill."""
WARM_UP_SECONDS = 120
QUIET_SECONDS = 45
"""After the last client has left: longer than a send may take."""


class Held(NamedTuple):
    """By the server's process."""

    threads: int
    files: int
    connections: int
    memory: int
    """MiB."""


MAY_GROW = Held(threads=0, files=0, connections=0, memory=16)
"""Of ten thousand visits in half an hour, a kilobyte and a half each."""
POOL = {"DATABASE_POOL_SIZE": "4"}
"""Full after the warm-up: a larger one grows whenever more ask at once than ever before."""


def main(world: World, minutes: float) -> list[str]:
    people = list(User.objects.active().order_by("pk").values_list("pk", flat=True)[:PEOPLE])
    with tempfile.TemporaryDirectory(prefix="infloo-churn-") as name, serving(Path(name), **POOL) as server:
        crowd = Crowd({session.user_id: session for session in open_sessions(people)}, people[:SLOW])
        churn(crowd, server, WARM_UP_SECONDS)
        begin = quiet(server)
        crowd.met.clear()
        peak = churn(crowd, server, minutes * 60)
        end = quiet(server)
    report(crowd, minutes, begin, peak, end)
    return [
        f"After the churn the process holds {after} {what}, where it held {before}."
        for what, before, after, more in zip(Held._fields, begin, end, MAY_GROW, strict=True)
        if after > before + more
    ]


def churn(crowd: Crowd, server: int, seconds: float) -> Held:
    """What the process held at most."""
    until, peak = time.monotonic() + seconds, held_by(server)
    with crowd.gathered():
        while time.monotonic() < until:
            something_happens(crowd)
            peak = Held(*map(max, peak, held_by(server)))
    return peak


def something_happens(crowd: Crowd) -> None:
    """In a second: ten events, a large one for those who read nothing, and somebody signs out and in again."""
    people = list(crowd.sessions)
    for _ in range(10):
        tell(crowd.dice.sample(people, AUDIENCE), "Hello")
        time.sleep(0.1)
    tell(crowd.slow, "a" * LARGE)
    leaves = crowd.dice.choice(people)
    sessions.logout(session=crowd.sessions[leaves])
    (crowd.sessions[leaves],) = open_sessions([leaves])


@transaction.atomic
def tell(people: list[int], message: str) -> None:
    item = as_told(Notification.objects.in_full()[:1].get())
    publish(people, NotificationEvent(data=item.model_copy(update={"message": message})))


def quiet(server: int) -> Held:
    time.sleep(QUIET_SECONDS)
    return held_by(server)


def held_by(server: int) -> Held:
    process = Path("/proc", str(server))
    return Held(
        threads=len(list(process.glob("task/*"))),
        files=len(list(process.glob("fd/*"))),
        connections=connections_of_others(),
        memory=memory_of(server) // 1024,
    )


def connections_of_others() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        cursor.execute(others)
        (count,) = cursor.fetchone()
        return int(count)


def report(crowd: Crowd, minutes: float, begin: Held, peak: Held, end: Held) -> None:
    print(f"\nchurn; {minutes:g} minutes, what the process of the streams held")
    print(f"{'':>22} {'begin':>8} {'peak':>8} {'end':>8}")
    for what, *figures in zip(Held._fields, begin, peak, end, strict=True):
        print(f"{what:>22} " + " ".join(f"{figure:8,}" for figure in figures))
    print("the clients: " + ", ".join(f"{count:,} {what}" for what, count in sorted(crowd.met.items())))
