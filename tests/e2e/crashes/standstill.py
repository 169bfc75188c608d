"""Making those who tell an audience stand still where a test wants them, by what any database lets its clients do."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from tests.e2e.conftest import Installation

SECONDS = 60


def until(is_so: Callable[[], object], *, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@contextmanager
def in_the_middle_at(installation: Installation, user_id: int) -> Iterator[Callable[[], bool]]:
    """Who tells this person stands still, with a part of the batch written; says whether somebody does."""
    with closing(installation.connect(wait=0)) as database:
        stand = at_an_endless_count if isinstance(database, sqlite3.Connection) else at_a_log_in_use
        with stand(database, user_id) as does_somebody:
            yield does_somebody


@contextmanager
def at_a_log_in_use(database: "psycopg.Connection[Any]", user_id: int) -> Iterator[Callable[[], bool]]:
    """PostgreSQL: somebody else writes into this person's log, and takes their time."""
    with (
        database.transaction(force_rollback=True),
        closing(psycopg.connect(database.info.dsn, autocommit=True)) as look,
    ):
        database.execute(f"""
            INSERT INTO live_head (user_id, last_seq) VALUES ({user_id}, 0)
            ON CONFLICT (user_id) DO UPDATE SET last_seq = live_head.last_seq
        """)
        yield lambda: waiting(look, "WITH told") == 1


@contextmanager
def at_an_endless_count(database: sqlite3.Connection, user_id: int) -> Iterator[Callable[[], bool]]:
    """SQLite, which has one writer at a time: it counts without an end before it tells this person."""
    database.execute(f"""
        CREATE TRIGGER stand BEFORE INSERT ON notifications_notification WHEN NEW.receiver_id = {user_id} BEGIN
            SELECT (WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n FROM more) SELECT max(n) FROM more);
        END
    """)
    yield lambda: is_writing(database)
    until(lambda: not is_writing(database))
    database.execute("DROP TRIGGER stand")


@contextmanager
def before_the_first(installation: Installation, event: int) -> Iterator[Callable[[int], None]]:
    """Nobody can begin to tell of this event; waits until so many want to, which only PostgreSQL shows."""
    with closing(installation.connect()) as database:
        if isinstance(database, sqlite3.Connection):
            database.execute("BEGIN IMMEDIATE")
            yield lambda count: None
            database.execute("ROLLBACK")
            return
        with database.transaction(), closing(psycopg.connect(database.info.dsn, autocommit=True)) as look:
            database.execute("SELECT 1 FROM notifications_fanout WHERE redirect_id = %s FOR UPDATE", [event])
            yield lambda count: until(lambda: waiting(look, "notifications_fanout") == count)


def waiting(database: "psycopg.Connection[Any]", statement: str) -> int:
    """How many wait for a lock with such a statement."""
    [(count,)] = database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND query LIKE %s",
        [f"%{statement}%"],  # of which it shows the beginning
    )
    return int(count)


def is_writing(database: sqlite3.Connection) -> bool:
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    database.execute("ROLLBACK")
    return False
