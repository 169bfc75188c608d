"""Children: other processes of Infloo at work on the benchmarks' database."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection


def environment() -> dict[str, str]:
    """That of this process, with the benchmarks' database in place of the one it was made beside."""
    name = settings.DATABASES["default"]["NAME"]
    if connection.vendor == "sqlite":
        return {**os.environ, "DATABASE_URL": f"sqlite:///{name}"}
    return {**os.environ, "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()}


def answer_of(module: str) -> str:
    """What `python -m module` prints."""
    command = [sys.executable, "-m", module]
    return subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
