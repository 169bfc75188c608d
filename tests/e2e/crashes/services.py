"""A PostgreSQL and a Redis of the tests' own, to be stopped under the processes that use them."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.conftest import ROOT, free_port


@dataclass
class Services:
    folder: Path
    ports: dict[str, str]

    def run(self, action: str, *which: str) -> str:
        command = [ROOT / ".ci/services", action, self.folder, *which]
        done = subprocess.run(command, env=os.environ | self.ports, check=True, capture_output=True, text=True)
        return done.stdout

    def start(self, *which: str) -> dict[str, str]:
        """The settings that lead to them."""
        return dict(re.findall(r"(\w+)=(\S+)", self.run("start", *which)))

    def stop(self, *which: str) -> None:
        """At once, as when the machine fails."""
        self.run("stop", *which)

    def kill_redis(self) -> None:
        os.kill(int((self.folder / "redis.pid").read_text()), signal.SIGKILL)


@contextmanager
def services_of_our_own() -> Iterator[Services]:
    folder = Path(tempfile.mkdtemp(prefix="infloo-services-"))
    folder.chmod(0o755)  # the database server runs as another user
    services = Services(folder, {"PG_PORT": str(free_port()), "REDIS_PORT": str(free_port())})
    try:
        yield services
    finally:
        services.stop()
        shutil.rmtree(folder)
