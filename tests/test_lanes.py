"""Every test has a lane, and whatever needs PostgreSQL has one there."""

import re

import pytest

from tests import lanes

LANES = lanes.lanes()
ON_POSTGRESQL = LANES["postgresql"] | LANES["postgresql-processes"]
ON_SQLITE = LANES["sqlite"] | LANES["sqlite-processes"] | LANES["demo"] | LANES["alone"]
NAMED = [
    *(lanes.BOTH + lanes.ONCE + lanes.PROCESSES + lanes.DEMO + lanes.ALONE),
    *(lanes.PROCESSES_ONCE + lanes.PROCESSES_POSTGRESQL),
]


def that_say(pattern: str) -> set[str]:
    """The test files in which this stands, soaks aside."""
    every = lanes.files(["tests"]) - lanes.files(["tests/soak"])
    return {file for file in every if re.search(pattern, (lanes.ROOT / file).read_text(), re.MULTILINE)}


def test_every_file_has_a_lane():
    assert that_say("") == ON_POSTGRESQL | ON_SQLITE


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_is_there(name):
    assert lanes.files([name])


@pytest.mark.parametrize("what", [r"mark\.postgres\b", r"mark\.redis\b", r"mark\.nginx\b"])
def test_what_needs_a_server_runs_where_it_is(what):
    found = that_say(what)

    assert found
    assert found <= ON_POSTGRESQL


def test_what_needs_sqlite_runs_there():
    assert that_say(r"mark\.sqlite\b") <= ON_SQLITE


def test_who_does_things_at_the_same_moment_does_them_on_both_databases():
    racers = that_say("^from tests.races import")

    assert len(racers) > 20
    assert racers <= ON_POSTGRESQL & ON_SQLITE
