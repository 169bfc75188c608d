"""A test that passed nowhere is found."""

import json
from types import SimpleNamespace

import pytest

from tests.all_ran import Ran, main

NAME = "tests/test_file.py::test_it"


def report(when: str, outcome: str) -> pytest.TestReport:
    return pytest.TestReport(NAME, ("tests/test_file.py", 1, "test_it"), {}, outcome, None, when)


SET_UP, PASSES, FAILS = report("setup", "passed"), report("call", "passed"), report("call", "failed")


@pytest.mark.parametrize(
    ("reports", "passed"),
    [
        ([SET_UP, PASSES], [NAME]),
        ([SET_UP, FAILS], []),
        ([SET_UP, report("call", "skipped")], []),
        ([report("setup", "failed")], []),
        ([SET_UP, PASSES, report("teardown", "failed")], []),
        # Subtests report under the name of their test; it comes last, and does not know of them.
        ([SET_UP, PASSES, PASSES, PASSES], [NAME]),
        ([SET_UP, FAILS, PASSES, PASSES], []),
    ],
)
def test_a_test_has_passed_with_all_that_belongs_to_it(tmp_path, reports, passed):
    ran = Ran(tmp_path / "noted")
    config = SimpleNamespace()

    ran.pytest_collection_modifyitems(config, [SimpleNamespace(nodeid=NAME)])
    for one in reports:
        ran.pytest_runtest_logreport(one)
    ran.pytest_sessionfinish(SimpleNamespace(config=config))

    assert json.loads((tmp_path / "noted").read_text()) == {"found": [NAME], "passed": passed}


def test_one_of_the_runs_is_enough(tmp_path):
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    first.write_text(json.dumps({"found": ["a", "b"], "passed": ["a"]}))
    second.write_text(json.dumps({"found": ["b"], "passed": ["b"]}))
    third.write_text(json.dumps({"found": ["c"], "passed": []}))

    assert main([str(first), str(second)]) == 0
    assert main([str(first)]) == 1
    assert main([str(first), str(second), str(third)]) == 1


def test_nothing_is_not_all(tmp_path):
    (tmp_path / "empty").write_text(json.dumps({"found": [], "passed": []}))

    assert main([str(tmp_path / "empty")]) == 1
