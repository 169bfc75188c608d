"""What `make run` does before it serves, in one process: starting one costs more than each of these does."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import execute_from_command_line


def main() -> None:
    """Says the logins of the demo people, where there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    manage("migrate")
    if not are_collected():
        manage("collectstatic", "--noinput")
    # The demo begins with the seed.
    manage(*(["demo", "--if-empty"] if settings.DEMO else ["seed"]))


def manage(*command: str) -> None:
    execute_from_command_line(["manage.py", *command, "-v0"])


def are_collected() -> bool:
    """Whether no static file has come or changed since they were collected."""
    collected = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not collected.exists():
        return False
    found = (storage.path(name) for finder in get_finders() for name, storage in finder.list([]))
    # Not its date of change: an installer may keep the one that a file had in its package.
    return max(os.stat(path).st_ctime for path in found) < collected.stat().st_mtime


if __name__ == "__main__":
    main()
