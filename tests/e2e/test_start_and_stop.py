import os
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import ROOT, launch

TIMES = 20
SECOND_START_SECONDS = 10


def processes_of(folder: Path) -> list[str]:
    """What still runs with its data in this folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(folder).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.sqlite
def test_ctrl_c_ends_everything_every_time_and_a_new_start_finds_its_data(start, tmp_path):
    infloo = start()
    form = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "role": "brand"}
    assert httpx.post(f"{infloo.api}/users/auth/register", json=form).status_code == 201

    for _ in range(TIMES):
        infloo.interrupt()  # fails after five seconds
        assert processes_of(tmp_path) == []
        started = time.monotonic()
        infloo = start()
        assert time.monotonic() - started < SECOND_START_SECONDS

    login = {"username": "brand1", "password": "Secret@123"}
    assert httpx.post(f"{infloo.api}/users/auth/login", json=login).status_code == 200


@pytest.mark.sqlite
def test_ctrl_c_while_it_sets_up_leaves_nothing_behind(start, tmp_path):
    environment = start().environment
    first = launch(environment, tmp_path / "run.log")
    while not any("collectstatic" in line for line in processes_of(tmp_path)):
        time.sleep(0.02)

    first.interrupt()

    assert not any("collectstatic" in line for line in processes_of(tmp_path))


@pytest.mark.sqlite
def test_a_taken_port_is_refused_with_a_sentence(infloo):
    port = infloo.url.rpartition(":")[2]
    command = ["make", "run", f"PORT={port}"]
    second = subprocess.run(
        command, cwd=ROOT, env=infloo.environment, capture_output=True, text=True, timeout=20, check=False
    )

    assert second.returncode != 0
    assert f"Port {port} is in use." in second.stderr


@pytest.mark.sqlite
def test_a_setting_that_is_missing_is_named(tmp_path):
    environment = {**os.environ, "SECRET_KEY": "", "TOKEN_KEY": "", "DJANGO_SETTINGS_MODULE": "config.settings"}

    command = [ROOT / ".venv/bin/python", "manage.py", "check"]
    start = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert start.returncode != 0
    assert "Set SECRET_KEY to a random string" in start.stderr
