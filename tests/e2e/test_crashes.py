"""Everybody is told exactly once, whatever happens to those who tell them."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest

from apps.notifications.services import BATCH
from tests.e2e.conftest import PYTHON, ROOT, Home, Infloo, processes_of
from tests.e2e.crowd import gather
from tests.e2e.people import connect, data_of, joined, told

AUDIENCE = 2 * BATCH + 5_000

HOST, FIRST, LAST = "crowded", "early", "late"
TOLD_SECONDS = 60
ENDED_SECONDS = 10


@pytest.fixture(scope="module")
def people(shared_home: Home) -> Iterator[dict[str, httpx.Client]]:
    """A host with a crowd of connections, of whom two are asked: the first and the last to be told."""
    infloo = shared_home.running()
    with joined(infloo, HOST, 2) as host, joined(infloo, FIRST, 1) as first:
        gather(infloo, HOST, AUDIENCE - 2)
        with joined(infloo, LAST, 1) as last:
            connect(first, host)
            connect(last, host)
            yield {HOST: host, FIRST: first, LAST: last}


def post_event(host: httpx.Client, title: str) -> int:
    event = {"title": title, "date": "2099-06-01T18:00:00Z", "location": "New York, NY"}
    number: int = data_of(host.post("/api/v1/events", json=event), 201)["id"]
    return number


def count_told(infloo: Infloo, event: int, *, wait: float = 20) -> int:
    about = f"redirect_kind = 'event' AND redirect_id = {event}"
    query = f"SELECT count(*), count(DISTINCT receiver_id) FROM notifications_notification WHERE {about}"
    [(rows, receivers)] = infloo.ask(query, wait=wait)
    assert rows == receivers, "somebody was told twice"
    return int(rows)


def wait_until_told(infloo: Infloo, event: int) -> None:
    deadline = time.monotonic() + TOLD_SECONDS
    while infloo.ask(f"SELECT 1 FROM notifications_fanout WHERE redirect_id = {event} AND finished_at IS NULL"):
        assert time.monotonic() < deadline, f"only {count_told(infloo, event)} were told"
        time.sleep(0.1)


def is_writing(infloo: Infloo) -> bool:
    """Whether a transaction has written notifications that it has not committed."""
    with closing(infloo.connect(wait=0)) as database:
        if isinstance(database, sqlite3.Connection):  # which has one writer at a time
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                return "locked" in str(error)
            return False
        ours = "datname = current_database() AND backend_xid IS NOT NULL"
        query = "query LIKE 'INSERT INTO notifications_notification%'"
        return database.execute(f"SELECT 1 FROM pg_stat_activity WHERE {ours} AND {query}").fetchone() is not None


def send_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # the cluster has replaced it
            os.kill(pid, number)


def kill_in_the_middle(infloo: Infloo, event: int) -> int:
    """kill -9 of the whole worker, while it writes a batch and others have been told. How many know by then.

    It is let go on for moments only, so that it stands still whenever we look.
    """
    deadline = time.monotonic() + TOLD_SECONDS
    while True:
        worker = infloo.worker()
        send_all(worker, signal.SIGSTOP)
        with suppress(sqlite3.OperationalError):  # now and then it stands where nobody can read
            if is_writing(infloo) and (count := count_told(infloo, event, wait=0)):
                send_all(worker, signal.SIGKILL)
                return count
        send_all(worker, signal.SIGCONT)
        assert time.monotonic() < deadline, "it was never seen in the middle"
        time.sleep(0.01)


def assert_everybody_was_told_once(infloo: Infloo, event: int, title: str, people: dict[str, httpx.Client]) -> None:
    assert count_told(infloo, event) == AUDIENCE
    for name in (FIRST, LAST):
        assert told(people[name]).count(f"{HOST} is hosting a new event: {title}") == 1


def test_a_worker_killed_in_the_middle_goes_on_when_it_is_back(shared, shared_home, people):
    event = post_event(people[HOST], "Summer Launch")
    told_by_then = kill_in_the_middle(shared, event)
    shared.process.wait(ENDED_SECONDS)

    assert processes_of(shared.data) == {}
    assert 0 < told_by_then < AUDIENCE
    assert count_told(shared, event) == told_by_then

    again = shared_home.running()
    wait_until_told(again, event)

    assert_everybody_was_told_once(again, event, "Summer Launch", people)


@pytest.fixture
def two_runs(shared: Infloo) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that wait for the job of the host's next event, to run it beside the worker."""
    code = f"from tests.e2e.crowd import tell_as_soon_as_it_is_there; tell_as_soon_as_it_is_there('{HOST}')"
    command = [PYTHON, "manage.py", "shell", "-v0", "-c", code]
    options = {"cwd": ROOT, "env": shared.environment, "stdout": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen(command, **options) for _ in range(2)]
    yield runs
    for run in runs:
        run.kill()
        run.communicate()


def test_two_runs_of_one_job_beside_the_worker_tell_everybody_once(shared, people, two_runs):
    assert [run.stdout.readline() for run in two_runs] == ["ready\n"] * 2

    event = post_event(people[HOST], "Winter Launch")
    times = [[float(moment) for moment in run.stdout.readline().split()] for run in two_runs]

    (began, ended), (other_began, other_ended) = times
    assert max(began, other_began) < min(ended, other_ended), "they did not run at the same time"
    assert_everybody_was_told_once(shared, event, "Winter Launch", people)
