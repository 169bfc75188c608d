"""Where each test runs: `python -m tests.lanes LANE` prints the files of a lane, for pytest. README.md explains.

A file that is named nowhere here runs once, on SQLite, in the process of pytest.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

BOTH = (
    *("tests/accounts", "tests/events", "tests/live", "tests/messaging", "tests/moderation"),
    *("tests/notifications", "tests/social", "tests/insights", "tests/core/reading"),
    *("tests/console/test_notification_types.py", "tests/console/test_lists.py"),
    "tests/console/test_work.py",
    *("tests/core/test_queue.py", "tests/core/http/test_failures.py", "tests/core/http/test_idempotency.py"),
    *("tests/core/http/test_looks_at_files.py", "tests/core/media/test_quota.py", "tests/core/mail"),
    *("tests/core/http/test_pages.py", "tests/core/http/test_throttling.py"),
    *("tests/core/operations/test_health.py", "tests/core/operations/test_metrics.py"),
    *("tests/core/operations/test_pg_dump.py", "tests/core/operations/test_seed.py"),
    *("tests/core/test_audit.py", "tests/core/test_buffers.py"),
    *("tests/demo/test_network.py", "tests/test_every_value.py"),
)
"""On PostgreSQL and Redis too: SQL of its own, permission tables, fan-outs, and what callers do at the same moment."""

ONCE = (
    *("tests/accounts/test_access_tokens.py", "tests/accounts/test_cookies.py", "tests/live/test_access.py"),
    *("tests/accounts/test_id_tokens.py", "tests/accounts/test_ill_providers.py", "tests/events/test_calendar.py"),
    *("tests/live/test_other_sites.py", "tests/live/test_typed_links.py", "tests/social/test_post_story.py"),
    *("tests/accounts/test_get_document_file.py", "tests/social/test_get_story_file.py"),
    *("tests/events/test_create_event.py", "tests/events/test_get_event_cover.py"),
    "tests/notifications/test_catalogue.py",
)
"""In those folders, but about what is sent and answered only."""

PROCESSES = ("tests/e2e", "tests/deploy/test_layout.py", "tests/core/operations/test_backup.py")
"""They start the product's own processes, on both."""

PROCESSES_ONCE = (
    *("tests/e2e/test_bad_files.py", "tests/e2e/test_mobile_page.py", "tests/e2e/test_sqlite_writers.py"),
    *("tests/e2e/test_typescript.py", "tests/e2e/clients/test_javascript.py", "tests/e2e/test_document_000.py"),
    *("tests/e2e/test_mails.py", "tests/e2e/test_guessing.py", "tests/e2e/test_mfa.py"),
    *("tests/e2e/test_leaving.py", "tests/e2e/test_oauth.py"),
)
"""The same on SQLite only, as are these:"""

DEMO = (
    *("tests/e2e/test_browser.py", "tests/e2e/test_docs.py", "tests/e2e/test_readme.py"),
    *("tests/e2e/test_start_and_stop.py", "tests/e2e/test_work.py"),
)
"""They look at the demo network, which is built once for them."""

PROCESSES_POSTGRESQL = (
    *("tests/deploy/test_layout.py", "tests/e2e/crashes/test_services.py", "tests/e2e/clients/test_python.py"),
    "tests/e2e/crashes/test_many.py",
)
"""The same on PostgreSQL only, where writers overtake each other; crowds are of the web process."""

ALONE = ("tests/e2e/test_hostile_uploads.py",)
"""It looks at the clock: on SQLite, with nothing beside it."""


def files(patterns: Iterable[str]) -> set[str]:
    """The test files that these folders, files and glob patterns name."""
    named = [path for pattern in patterns for path in ROOT.glob(pattern)]
    found = [file for path in named for file in (path.rglob("test_*.py") if path.is_dir() else [path])]
    return {str(file.relative_to(ROOT)) for file in found}


def lanes() -> dict[str, set[str]]:
    """The files of each lane, by its name."""
    processes, demo, alone = files(PROCESSES), files(DEMO), files(ALONE)
    return {
        "sqlite": files(["tests"]) - processes - files(["tests/soak"]),
        "postgresql": files(BOTH) - files(ONCE) - processes,
        "sqlite-processes": processes - files(PROCESSES_POSTGRESQL) - demo - alone,
        "demo": demo,
        "postgresql-processes": processes - files(PROCESSES_ONCE) - demo - alone,
        "alone": alone,
    }


if __name__ == "__main__":
    print(*sorted(lanes()[sys.argv[1]]))
