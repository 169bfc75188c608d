"""Streams by the thousand in one web process."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

import pytest

from tests.e2e.crashes.crowd import Guest, count_told, gather, post_event
from tests.e2e.crashes.ears import Ear, Ears, until
from tests.e2e.crashes.processes import Parts, end
from tests.e2e.people import joined

STREAMS = 1_000
AT_ONCE = 40
ROUNDS = 50 if "SOAK" in os.environ else 20
FILES = 4_096


@pytest.fixture(scope="module")
def _many_files(parts: Parts) -> Iterator[None]:
    """For a web process that is started now, as for the thousand at the other end."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    setrlimit(RLIMIT_NOFILE, (max(soft, FILES), hard))
    if parts.web:
        end(parts.web)
    parts.serve()
    yield
    setrlimit(RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("_many_files")
def test_each_of_a_thousand_streams_is_told_once(parts):
    async def scenario(ears, host):
        async with Ears(ears):
            event = await asyncio.to_thread(post_event, host, "Autumn Launch")
            await until(lambda: all(ear.all("notification") for ear in ears))
        return event

    parts.work()
    with joined(parts, "loud", 2) as host:
        guests = gather(parts, "loud", STREAMS)
        ears = [Ear(parts, guest.token) for guest in guests]
        event = asyncio.run(scenario(ears, host))

    assert count_told(parts, event) == STREAMS
    for ear in ears:
        assert [told["redirect"]["id"] for told in ear.all("notification")] == [event]
        assert (ear.streams, ear.numbers) == (1, [1])


@dataclass(frozen=True)
class Weight:
    """What a process holds."""

    threads: int
    files: int
    megabytes: float

    @classmethod
    def of(cls, pid: int) -> "Weight":
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        files = len(os.listdir(f"/proc/{pid}/fd"))
        return cls(int(status["Threads"]), files, int(status["VmRSS"].split()[0]) / 1024)


async def come_and_go(parts: Parts, guests: list[Guest], rounds: int) -> None:
    """Each opens a stream, and breaks it off at once; again and again."""

    async def visit(guest: Guest) -> None:
        for _ in range(rounds):
            ear = Ear(parts, guest.token)
            await ear.open()
            ear.leave()

    await asyncio.gather(*map(visit, guests))


@pytest.mark.usefixtures("_many_files")
def test_hundreds_who_come_and_go_leave_nothing_behind(parts):
    """Within 5 threads, 5 files and connections, and 10 MB."""
    with joined(parts, "visited", 2):
        guests = gather(parts, "visited", AT_ONCE)
    web = parts.serve().pid
    asyncio.run(come_and_go(parts, guests, 5))  # until its threads and its pool are as large as they get
    before = Weight.of(web)

    async def scenario():
        await come_and_go(parts, guests, ROUNDS)
        await until(lambda: Weight.of(web).files <= before.files + 5)

    asyncio.run(scenario())

    after = Weight.of(web)
    assert after.threads <= before.threads + 5
    assert after.megabytes <= before.megabytes + 10
