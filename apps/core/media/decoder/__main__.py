"""The process that decodes pictures, one after the other: `python -m apps.core.media.decoder`.

Whatever a file makes a decoder do, it does here: with little memory, and without secrets or the database.
"""

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

from apps.core.media.decoder.gif import fresh_gif
from apps.core.media.decoder.messages import pieces, receive, send
from apps.core.media.decoder.png import fresh_png
from apps.core.media.decoder.source import DAMAGE, Refused, Source
from apps.core.media.decoder.stills import check, square, still
from apps.core.media.decoder.webp import fresh_webp
from apps.core.media.errors import DAMAGED, TOO_COSTLY

MEMORY = 540 * 1024 * 1024
"""What it may allocate; with its code that stays below 600 MB."""
OUTPUT = 256 * 1024 * 1024
SECONDS = 20
"""Of a processor, for one picture."""
NICENESS = 5
"""Requests that want no picture go first."""

FRESH = {"image/gif": fresh_gif, "image/png": fresh_png, "image/webp": fresh_webp, "image/jpeg": still}


def fresh(source: Source, target: IO[bytes]) -> None:
    """The picture in its own format and size; a moving one goes on moving."""
    FRESH[source.kind](source, target)


JOBS: dict[str, Callable[..., None]] = {job.__name__: job for job in (check, fresh, still, square)}


def main() -> None:
    confine()
    commands, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    while True:
        content = BytesIO()
        try:
            facts = receive(commands, content)
        except EOFError:
            return
        with tempfile.TemporaryFile() as target:
            outcome = work(facts, content.getvalue(), target)
            size = 0 if "refused" in outcome else target.tell()
            target.seek(0)
            send(answers, outcome, pieces(target) if size else [], size)


def confine() -> None:
    for limit, value in {resource.RLIMIT_DATA: MEMORY, resource.RLIMIT_FSIZE: OUTPUT, resource.RLIMIT_CORE: 0}.items():
        resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its caller
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails instead
    os.nice(NICENESS)


def work(facts: dict[str, Any], content: bytes, target: IO[bytes]) -> dict[str, Any]:
    """Do the job, and say how many pixels it took; or why it is refused."""
    source = Source(content, facts["kind"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + SECONDS, resource.RLIM_INFINITY))
    try:
        JOBS[facts["job"]](source, target, **facts["options"])
    except Refused as refusal:
        return {"pixels": source.pixels, "refused": str(refusal)}
    except MemoryError:
        return {"pixels": source.pixels, "refused": TOO_COSTLY}
    except DAMAGE:
        return {"pixels": source.pixels, "refused": DAMAGED}
    return {"pixels": source.pixels}


if __name__ == "__main__":
    main()
