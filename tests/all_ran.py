"""That no test is left out everywhere: `pytest --ran FILE` notes what there was and what passed.

`python -m tests.all_ran FILE FILE` fails unless every test passed in at least one of those runs.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest


class Ran:
    """The plugin behind `--ran`. Each of the processes that share the tests finds them; the first one reports."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: list[str] = []
        self.passed: set[str] = set()
        self.failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self.found = [item.nodeid for item in items]
        if hasattr(config, "workeroutput"):
            config.workeroutput["found"] = self.found

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.found = node.workeroutput.get("found", self.found)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Each subtest reports under the name of its test, which has passed when all of them have."""
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.passed and report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            return
        self.file.write_text(json.dumps({"found": self.found, "passed": sorted(self.passed - self.failed)}))


def main(files: list[str]) -> int:
    runs = [json.loads(Path(file).read_text()) for file in files]
    found = {name for run in runs for name in run["found"]}
    left_out = found - {name for run in runs for name in run["passed"]}
    print("\n".join(sorted(left_out)) or f"all {len(found)} tests passed in at least one run")
    return 1 if left_out or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
