"""`make bench`: everything that is measured. benchmarks/README.md explains the figures."""

import argparse
import atexit
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command

folder = tempfile.mkdtemp(prefix="infloo-bench-")
atexit.register(shutil.rmtree, folder, ignore_errors=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
for secret in ("SECRET_KEY", "TOKEN_KEY", "DATA_KEYS"):
    os.environ.setdefault(secret, f"only-for-benchmarks-{secret}-{'x' * 32}")
os.environ |= {"THROTTLES": "off", "LOG_LEVEL": "WARNING", "DATA_DIR": folder}
Path(folder, "static").mkdir()
django.setup()

from django.db import connection  # noqa: E402  # Django has to be set up first
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from benchmarks import churn, data, fan_out, load, plans, requests, streams  # noqa: E402

PARTS: dict[str, Callable[..., list[str] | None]] = {
    "requests": requests.main,
    "plans": plans.main,
    "fan_out": fan_out.main,
    "load": load.main,
    "streams": streams.main,
    "churn": churn.main,
}
ONLY_BY_NAME = {"churn"}
"""It takes half an hour."""
NEED_POSTGRESQL = {"plans", "load"}


def main() -> None:
    asked = arguments()
    name = connection.settings_dict["NAME"]
    # Beside that of the tests; on SQLite a file, for other processes work on it too.
    connection.settings_dict["TEST"]["NAME"] = (
        f"{folder}/bench.sqlite3" if connection.vendor == "sqlite" else f"bench_{name}"
    )
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    setup_test_environment()
    try:
        complaints = measure(asked, make_world(asked.users))
    finally:
        teardown_test_environment()
        connection.creation.destroy_test_db(name, verbosity=0)
    sys.exit("\n".join(["", *complaints]) if complaints else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"Some of: {', '.join(PARTS)}. Default: all but churn.")
    parser.add_argument("--users", type=int, default=100_000, help="1,000 to 1,000,000. Default: 100,000.")
    parser.add_argument("--minutes", type=float, default=30, help="How long churn lasts. Default: 30.")
    asked = parser.parse_args()
    asked.parts = asked.parts or [part for part in PARTS if part not in ONLY_BY_NAME]
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"There is no {', '.join(unknown)}.")
    impossible = {part: reason for part in PARTS if (reason := what_is_missing(part))}
    for part in impossible.keys() & set(asked.parts):
        print(f"No {part}: it needs {impossible[part]}.")
    asked.parts = [part for part in asked.parts if part not in impossible]
    return asked


def what_is_missing(part: str) -> str | None:
    if part in NEED_POSTGRESQL and connection.vendor != "postgresql":
        return "PostgreSQL; name one in DATABASE_URL"
    if part == "churn" and not Path("/proc/self/fd").exists():
        return "Linux"
    return "wrk; apt-get install wrk" if part == "load" and not shutil.which("wrk") else None


def make_world(users: int) -> data.World:
    call_command("seed", stdout=StringIO())
    started = time.perf_counter()
    world = data.fill(users=users, hosts=[size for size in (10, 10_000, 100_000) if size <= users])
    print(f"{connection.vendor}, {users:,} people, made in {time.perf_counter() - started:.0f} s")
    return world


def measure(asked: argparse.Namespace, world: data.World) -> list[str]:
    options = {"churn": {"minutes": asked.minutes}}
    return [complaint for part in asked.parts for complaint in PARTS[part](world, **options.get(part, {})) or []]


if __name__ == "__main__":
    main()
