"""SQLite has one writer at a time: on a real file, with a real worker, the others wait their turn."""

import json
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT, prepared_environment
from tests.e2e.sqlite_writers import ROUNDS, WRITERS

STOP_SECONDS = 10


def run(environment, *arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)


@pytest.fixture
def environment(tmp_path):
    return prepared_environment(tmp_path / "data") | {"THROTTLES": "off"}


@pytest.fixture
def worker_log(environment, tmp_path):
    """What the worker, running meanwhile, writes."""
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    yield log
    worker.terminate()  # the parent only: it ends the others
    worker.wait(STOP_SECONDS)


@pytest.mark.sqlite
def test_eight_writers_and_a_busy_worker_never_find_it_locked(environment, worker_log):
    code = "from tests.e2e.sqlite_writers import main; main()"
    writers = run(environment, "manage.py", "shell", "-v0", "-c", code)

    result = json.loads(writers.stdout)
    assert result["answers"] == {"201": WRITERS * ROUNDS, "200": 2 * WRITERS * ROUNDS}
    assert result["jobs_done_meanwhile"] > 0
    assert "locked" not in writers.stderr
    assert "locked" not in worker_log.read_text()
