"""Run the one job that waits, as a worker's process does; print its seconds and what memory it took, in megabytes."""

import json
import os
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django_q.models import OrmQ  # noqa: E402  # Django has to be set up first

STATUS = Path("/proc/self/status")


def memory(name: str) -> float:
    """Resident now (VmRSS), or at most since it was reset (VmHWM)."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def main() -> dict[str, float | None]:
    waiting = OrmQ.objects.get()
    task = waiting.task
    waiting.delete()
    knows_memory = STATUS.exists()  # on Linux
    if knows_memory:
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
    started = time.perf_counter()
    task["func"](*task["args"])
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "megabytes": memory("VmHWM") - before if knows_memory else None}


if __name__ == "__main__":
    print(json.dumps(main()))
