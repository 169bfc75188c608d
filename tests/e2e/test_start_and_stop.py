import json
import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import ROOT, Home, free_port, fresh_environment, launch, processes_of
from tests.e2e.people import joined

pytestmark = pytest.mark.sqlite

TIMES = 20 if "SOAK" in os.environ else 3
STREAMS = 10


@pytest.fixture
def first_start(tmp_path):
    """`make run` where nothing has been set up yet."""
    home = Home(tmp_path, begin=fresh_environment)
    yield home.start
    home.clear()


def test_ctrl_c_ends_everything_every_time_and_a_new_start_finds_its_data(start, tmp_path):
    infloo = start()
    form = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "role": "brand"}
    assert httpx.post(f"{infloo.api}/users/auth/register", json=form).status_code == 201

    for _ in range(TIMES):
        infloo.interrupt()  # fails after five seconds
        assert processes_of(tmp_path) == {}
        infloo = start()

    login = {"username": "brand1", "password": "Secret@123"}
    assert httpx.post(f"{infloo.api}/users/auth/login", json=login).status_code == 200


def test_nobody_else_on_the_machine_reads_its_data(first_start):
    data = first_start().data

    found = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}

    assert {"infloo.sqlite3", "static"} <= found.keys()
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077 and name != "tmp"} == {}


def test_ctrl_c_ends_open_streams_with_a_reason(shared):
    with joined(shared, "hearer", 1) as person, ExitStack() as open_streams:
        streams = [open_streams.enter_context(person.stream("GET", "/api/v1/stream")) for _ in range(STREAMS)]
        said = [stream.iter_text() for stream in streams]
        assert {next(parts).partition("\n")[0] for parts in said} == {"retry: 2000"}

        shared.interrupt()  # fails after five seconds

        assert {"".join(parts) for parts in said} == {'event: closed\ndata: {"reason":"shutdown"}\n\n'}


def test_ctrl_c_while_it_sets_up_leaves_nothing_behind(start, tmp_path):
    environment = start().environment
    first = launch(environment, tmp_path / "run.log", free_port())
    while not any("config.prepare" in line for line in processes_of(tmp_path).values()):
        time.sleep(0.02)

    first.interrupt()

    assert not any("config.prepare" in line for line in processes_of(tmp_path).values())


def printed_logins(log: Path) -> list[list[str]]:
    """Name, password and role, as often as they were printed."""
    return [list(line) for line in re.findall(r"^  (\w+) +(\w{4}-\w{4}-\w{4}) +(\w+)", log.read_text(), re.MULTILINE)]


def test_it_fills_an_empty_database_and_prints_the_logins_at_every_start(first_start, tmp_path):
    log = tmp_path / "run.log"
    first_start(DEMO="1").interrupt()
    logins = printed_logins(log)
    infloo = first_start(DEMO="1")

    assert printed_logins(log) == 2 * logins
    assert {role for _, _, role in logins} == {"influencer", "brand", "entrepreneur", "investor", "staff"}
    for name, password, role in logins:
        found = httpx.post(f"{infloo.api}/users/auth/login", json={"username": name, "password": password})
        assert found.json()["data"]["user"]["role"] == role
    assert httpx.get(f"{infloo.api}/events").json()["meta"]["total"] > 10


def test_ctrl_c_while_it_builds_the_demo_leaves_nothing_of_it(start, tmp_path):
    def pictures() -> list[Path]:
        return [path for path in tmp_path.glob("data/public/**/*") if path.is_file()]

    infloo = start(DEMO="0")
    infloo.interrupt()
    stopped = launch(infloo.environment | {"DEMO": "1"}, tmp_path / "run.log", free_port())
    while not pictures():
        time.sleep(0.02)

    stopped.interrupt()

    assert processes_of(tmp_path / "data") == {}
    assert pictures() == []
    assert printed_logins(tmp_path / "run.log") == []


def test_without_the_demo_it_stays_empty(start, tmp_path):
    infloo = start(DEMO="0")

    assert httpx.get(f"{infloo.api}/events").json()["data"] == []
    assert printed_logins(tmp_path / "run.log") == []
    assert "createsuperuser" in (tmp_path / "run.log").read_text()


def test_the_web_server_logs_json_and_no_query(infloo, tmp_path):
    httpx.get(f"{infloo.api}/health?token=hidden")
    with socket.create_connection(("127.0.0.1", int(infloo.url.rpartition(":")[2]))) as caller:
        caller.sendall(b"\x00garbage\r\n\r\n")
        caller.recv(100)
    infloo.interrupt()

    log = (tmp_path / "run.log").read_text()
    [line] = [line for line in log.splitlines() if "Invalid HTTP request" in line]
    assert json.loads(line)["level"] == "WARNING"
    assert "hidden" not in log


def test_a_taken_port_is_refused_with_a_sentence(shared):
    port = shared.url.rpartition(":")[2]
    command = ["make", "run", f"PORT={port}"]
    second = subprocess.run(
        command, cwd=ROOT, env=shared.environment, capture_output=True, text=True, timeout=20, check=False
    )

    assert second.returncode != 0
    assert f"Port {port} is in use." in second.stderr


def test_a_port_that_is_no_number_is_refused_with_a_sentence(tmp_path):
    environment = {**fresh_environment(tmp_path), "PORT": "abc"}
    run = subprocess.run(
        ["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode != 0
    assert run.stderr.count("PORT must be a whole number from 1 to 65535, not 'abc'.\n") == 1
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(("explicit", "refused"), [({}, "from-file"), ({"PORT": "explicit"}, "explicit")])
def test_the_port_in_env_counts_unless_another_is_given(tmp_path, explicit, refused):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)  # has the version
    (tmp_path / ".env").write_text("PORT=from-file\n")
    environment = {name: value for name, value in fresh_environment(tmp_path / "data").items() if name != "PORT"}

    command = [ROOT / ".venv/bin/python", "-m", "config.run"]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment | explicit, capture_output=True, text=True, timeout=20, check=False
    )

    assert run.returncode == 1
    assert run.stderr == f"PORT must be a whole number from 1 to 65535, not '{refused}'.\n"


def test_a_setting_that_is_missing_is_named(tmp_path):
    environment = {**os.environ, "SECRET_KEY": "", "TOKEN_KEY": "", "DJANGO_SETTINGS_MODULE": "config.settings"}

    command = [ROOT / ".venv/bin/python", "manage.py", "check"]
    start = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert start.returncode == 1
    assert start.stderr.startswith("Set SECRET_KEY to a random string")
