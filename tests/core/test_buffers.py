"""Rows that are collected and written together: once each, soon, and all of them, unless the process is killed."""

import os
import subprocess
import sys
import time
from threading import Event

import pytest
from django.db import OperationalError

from apps.core import buffers
from apps.core.buffers import Buffer, Writer
from tests.races import together


class Table:
    """Takes rows as a database would; `is_away` while it does not answer."""

    def __init__(self) -> None:
        self.statements: list[list[tuple[int, ...]]] = []
        self.written = Event()
        self.is_away = False

    def write(self, rows) -> None:
        if self.is_away:
            raise OperationalError("the connection is lost")
        self.statements.append(list(rows))
        self.written.set()


@pytest.fixture
def table(monkeypatch) -> Table:
    monkeypatch.setattr(buffers, "writer", Writer())
    return Table()


@pytest.fixture
def buffer(table) -> Buffer[tuple[int, ...]]:
    return Buffer(table.write)


def test_a_row_is_written_once_and_all_in_order(table, buffer):
    for number in (3, 1, 3, 2, 1):
        buffer.add((number,))
    buffers.flush()
    buffer.add((2,))
    buffers.flush()

    assert table.statements == [[(1,), (2,), (3,)]]


def test_nothing_is_written_of_nothing(table, buffer):
    buffers.flush()

    assert table.statements == []


def test_many_are_written_in_parts(table, buffer, monkeypatch):
    monkeypatch.setattr(buffers, "ENOUGH", 2)
    for number in range(5):
        buffer.add((number,))
    buffers.flush()

    assert [len(rows) for rows in table.statements] == [2, 2, 1]


def test_rows_wait_while_the_database_is_away(table, buffer, caplog):
    buffer.add((1,))
    table.is_away = True
    buffers.flush()
    buffer.add((2,))
    table.is_away = False
    buffers.flush()

    assert table.statements == [[(1,), (2,)]]
    assert "1 collected rows wait for the database" in caplog.text


def test_not_more_wait_than_there_is_room_for(table, buffer, monkeypatch):
    monkeypatch.setattr(buffers, "MOST_WAITING", 2)
    for number in range(5):
        buffer.add((number,))
    buffers.flush()
    buffer.add((4,))
    buffers.flush()

    assert table.statements == [[(0,), (1,)], [(4,)]]


def test_it_remembers_so_many_and_starts_anew(table, buffer, monkeypatch):
    monkeypatch.setattr(buffers, "MOST_KNOWN", 2)
    for number in (1, 2, 3, 1):
        buffer.add((number,))
        buffers.flush()

    assert table.statements == [[(1,)], [(2,)], [(3,)], [(1,)]]
    assert len(buffer.known) == 2


def test_a_thread_writes_by_itself(table, buffer, settings):
    settings.FLUSH_SECONDS = 0.1
    for number in (1, 2):
        buffer.add((number,))
        assert table.written.wait(5)
        table.written.clear()

    assert table.statements == [[(1,)], [(2,)]]


def test_it_does_not_wait_when_there_are_many(table, buffer, settings, monkeypatch):
    monkeypatch.setattr(buffers, "ENOUGH", 3)
    settings.FLUSH_SECONDS = 60
    for number in range(3):
        buffer.add((number,))

    assert table.written.wait(5)


def test_it_tries_again_by_itself(table, buffer, settings):
    settings.FLUSH_SECONDS = 0.05
    table.is_away = True
    buffer.add((1,))
    time.sleep(0.2)
    table.is_away = False

    assert table.written.wait(5)
    assert table.statements == [[(1,)]]


def test_many_callers_at_once_lose_none_and_double_none(table, buffer):
    def call():
        for number in range(500):
            buffer.add((number,))
            if not number % 50:
                buffers.flush()

    together(*[call] * 8)
    buffers.flush()

    assert sorted(row for rows in table.statements for row in rows) == [(number,) for number in range(500)]


def test_what_a_process_had_collected_is_not_written_by_its_child(table, buffer, settings):
    """A child has neither the thread nor the rows of its parent, and writes its own."""
    settings.FLUSH_SECONDS = 60
    buffer.add((1,))

    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        settings.FLUSH_SECONDS = 0.05
        buffer.add((2,))
        table.written.wait(5)
        os.write(writing, repr(table.statements).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 1000) == b"[[(2,)]]"
    buffers.flush()
    assert table.statements == [[(1,)]]


def test_a_process_that_ends_writes_what_is_left(tmp_path):
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings; settings.FLUSH_SECONDS = 60\n"
        "from apps.core.buffers import Buffer\n"
        "Buffer(lambda rows: print(rows, flush=True)).add((1,))\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert ended.stdout == "[(1,)]\n"
