"""Everybody is told exactly once, whatever happens to those who tell them."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from apps.notifications.jobs import BATCH
from tests.e2e.conftest import PYTHON, ROOT
from tests.e2e.crashes.crowd import (
    Guest,
    assert_each_log_is_whole,
    count_told,
    gather,
    post_event,
    told_of,
    wait_until_told,
)
from tests.e2e.crashes.processes import Parts, kill
from tests.e2e.crashes.standstill import before_the_first, in_the_middle_at, until
from tests.e2e.people import joined

TOLD_BEFORE = 2 * BATCH
AUDIENCE = TOLD_BEFORE + 2_000


@pytest.fixture(scope="module")
def host(parts: Parts) -> Iterator[httpx.Client]:
    parts.serve()
    with joined(parts, "crowded", 2) as person:
        yield person


@pytest.fixture(scope="module")
def guests(parts: Parts, host: httpx.Client) -> list[Guest]:
    return gather(parts, "crowded", AUDIENCE)


def assert_everybody_was_told_once(parts: Parts, event: int, title: str, guests: list[Guest]) -> None:
    assert count_told(parts, event) == AUDIENCE
    assert_each_log_is_whole(parts)
    assert [told_of(guest, parts, title) for guest in (guests[0], guests[-1])] == [1, 1]


def test_a_worker_killed_in_the_middle_goes_on_when_it_is_back(parts, host, guests):
    with in_the_middle_at(parts, guests[-1].user_id) as does_it_stand:
        parts.rest()
        worker = parts.work(WORKER_TIMEOUT="9", WORKER_RETRY="10")
        event = post_event(host, "Summer Launch")
        until(lambda: count_told(parts, event) == TOLD_BEFORE and does_it_stand())
        kill(worker)
        until(lambda: parts.worker_ids() == [])
    assert count_told(parts, event) == TOLD_BEFORE

    parts.work()
    wait_until_told(parts, event)

    assert_everybody_was_told_once(parts, event, "Summer Launch", guests)


def run_beside(parts: Parts, event: int) -> "subprocess.Popen[str]":
    """Another process that does the worker's job; says when it begins."""
    code = (
        "from apps.notifications.jobs import deliver; from apps.notifications.models import FanOut;"
        f"job = FanOut.objects.get(redirect_id={event}).pk; print('begins', flush=True); deliver([job])"
    )
    command = [PYTHON, "manage.py", "shell", "-v0", "-c", code]
    return subprocess.Popen(command, cwd=ROOT, env=parts.environment, stdout=subprocess.PIPE, text=True)


def test_two_more_runs_of_its_job_beside_the_worker_tell_everybody_once(parts, host, guests):
    parts.rest()
    event = post_event(host, "Winter Launch")

    with ExitStack() as running, before_the_first(parts, event) as wait_for:  # is let go before they are waited for
        runs = [running.enter_context(run_beside(parts, event)) for _ in range(2)]
        parts.work()
        assert [run.stdout.readline() for run in runs] == ["begins\n"] * 2
        wait_for(3)
    until(lambda: parts.ask("SELECT 1 FROM django_q_ormq") == [])

    assert [run.returncode for run in runs] == [0, 0]
    assert_everybody_was_told_once(parts, event, "Winter Launch", guests)
