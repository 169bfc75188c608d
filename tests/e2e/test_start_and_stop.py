import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import ROOT, Home, free_port, fresh_environment, launch, processes_of
from tests.e2e.people import joined

pytestmark = pytest.mark.sqlite

TIMES = 20 if "SOAK" in os.environ else 1
STREAMS = 10


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """For the tests that stop and start it again, one after the other."""
    home = Home(tmp_path_factory.mktemp("home"))
    yield home
    home.clear()


def printed_logins(log: Path) -> list[list[str]]:
    """Name, password and role, as often as they were printed."""
    return [list(line) for line in re.findall(r"^  (\w+) +(\w{4}-\w{4}-\w{4}) +(\w+)", log.read_text(), re.MULTILINE)]


def test_without_the_demo_it_stays_empty(home):
    infloo = home.running()

    assert httpx.get(f"{infloo.api}/events").json()["data"] == []
    assert printed_logins(home.log) == []
    assert "createsuperuser" in home.log.read_text()


def test_ctrl_c_ends_open_streams_with_a_reason(home):
    infloo = home.running()
    with joined(infloo, "hearer", 1) as person, ExitStack() as open_streams:
        streams = [open_streams.enter_context(person.stream("GET", "/api/v1/stream")) for _ in range(STREAMS)]
        said = [stream.iter_text() for stream in streams]
        assert {next(parts).partition("\n")[0] for parts in said} == {"retry: 2000"}

        infloo.interrupt()  # fails after five seconds

        assert {"".join(parts) for parts in said} == {'event: closed\ndata: {"reason":"shutdown"}\n\n'}


def test_ctrl_c_ends_everything_every_time_and_a_new_start_finds_its_data(home):
    infloo = home.running()
    form = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "role": "brand"}
    assert httpx.post(f"{infloo.api}/users/auth/register", json=form).status_code == 201

    for _ in range(TIMES):
        infloo.interrupt()  # fails after five seconds
        assert processes_of(home.folder) == {}
        infloo = home.start()

    login = {"username": "brand1", "password": "Secret@123"}
    assert httpx.post(f"{infloo.api}/users/auth/login", json=login).status_code == 200


def test_the_web_server_logs_json_and_no_query(home):
    infloo = home.running()
    httpx.get(f"{infloo.api}/health?token=hidden")
    with socket.create_connection(("127.0.0.1", int(infloo.url.rpartition(":")[2]))) as caller:
        caller.sendall(b"\x00garbage\r\n\r\n")
        caller.recv(100)
    infloo.interrupt()

    log = home.log.read_text()
    [line] = [line for line in log.splitlines() if "Invalid HTTP request" in line]
    assert json.loads(line)["level"] == "WARNING"
    assert "hidden" not in log


def test_ctrl_c_while_it_sets_up_leaves_nothing_behind(home):
    first = launch(home.environment, home.log, free_port())
    while not any("config.prepare" in line for line in processes_of(home.folder).values()):
        time.sleep(0.02)

    first.interrupt()

    assert processes_of(home.folder) == {}


def test_ctrl_c_while_it_builds_the_demo_leaves_nothing_of_it(tmp_path):
    home = Home(tmp_path)

    def pictures() -> list[Path]:
        return [path for path in home.folder.glob("data/public/**/*") if path.is_file()]

    stopped = launch(home.environment | {"DEMO": "1"}, home.log, free_port())
    while not pictures():
        time.sleep(0.02)

    stopped.interrupt()

    assert processes_of(home.folder) == {}
    assert pictures() == []
    assert printed_logins(home.log) == []


def test_nobody_else_on_the_machine_reads_its_data(demo_home):
    data = demo_home.running().data

    found = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}

    assert {"infloo.sqlite3", "static"} <= found.keys()
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077 and name != "tmp"} == {}


def test_it_fills_an_empty_database_and_prints_the_logins_at_every_start(demo_home):
    demo_home.running().interrupt()
    before = printed_logins(demo_home.log)
    infloo = demo_home.start()
    logins = printed_logins(demo_home.log)[len(before) :]

    assert before[: len(logins)] == logins
    assert {role for _, _, role in logins} == {"influencer", "brand", "entrepreneur", "investor", "staff"}
    for name, password, role in logins:
        found = httpx.post(f"{infloo.api}/users/auth/login", json={"username": name, "password": password})
        assert found.json()["data"]["user"]["role"] == role
    assert httpx.get(f"{infloo.api}/events").json()["meta"]["total"] > 10


def test_a_taken_port_is_refused_with_a_sentence(demo_home):
    infloo = demo_home.running()
    port = infloo.url.rpartition(":")[2]
    command = ["make", "run", f"PORT={port}"]
    second = subprocess.run(
        command, cwd=ROOT, env=infloo.environment, capture_output=True, text=True, timeout=20, check=False
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
