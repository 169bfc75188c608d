"""What `make run` does before it serves, in one process: starting one costs more than each of these does."""

import os

from django.conf import settings
from django.core.management import execute_from_command_line


def main() -> None:
    """Says the logins of the demo people, where there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The demo begins with the seed.
    for command in ("migrate", "collectstatic --noinput", "demo --if-empty" if settings.DEMO else "seed"):
        execute_from_command_line(["manage.py", *command.split(), "-v0"])


if __name__ == "__main__":
    main()
