"""Pictures are decoded by a process of their own, one at a time: a small file may be a picture of 200 MB, or a trap."""

import atexit
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple, cast

from django.conf import settings

from apps.core.media.decoder.messages import receive, send
from apps.core.media.errors import TOO_COSTLY, Busy

logger = logging.getLogger(__name__)

WAIT_SECONDS = 5
DEADLINE_SECONDS = 60
"""The decoder ends after 20 seconds of computing. This is for when the machine lets it compute but little."""
MOST_PIXELS = 64_000_000
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")
"""All of the environment that the decoder gets: there are secrets in the rest."""
GIVES_MEMORY_BACK = {"MALLOC_MMAP_THRESHOLD_": "1000000"}


class Reading(NamedTuple):
    """How many `pixels` were decoded, and the sentence why the picture is `refused`, if it is."""

    pixels: int
    refused: str | None


class Decoder:
    """Runs `python -m apps.core.media.decoder` from when it is first needed, and starts it again when it has ended."""

    def __init__(self) -> None:
        self.slot = threading.Lock()
        self.queue = threading.Semaphore(settings.DECODER_QUEUE)
        self.process: subprocess.Popen[bytes] | None = None

    def read(self, upload: Any, kind: str, job: str, **options: Any) -> Reading:
        """Do one of the decoder's jobs with a picture of this MIME type; what comes of it takes its place in `upload`.

        Raises Busy for whoever would have to wait for more than five seconds.
        """
        with self.turn():
            try:
                facts = self.exchange(self.running(), upload, {"kind": kind, "job": job, "options": options})
            except BaseException as error:
                self.stop()  # whatever it was about to say is not for who comes next
                if not isinstance(error, EOFError | OSError):
                    raise
                logger.warning("The decoder ended while it read a picture of %d bytes", upload.size)
                return Reading(MOST_PIXELS, TOO_COSTLY)
        return Reading(facts["pixels"], facts.get("refused"))

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not self.slot.acquire(blocking=False):
            self.wait()
        try:
            yield
        finally:
            self.slot.release()

    def wait(self) -> None:
        """Take the slot, or raise Busy. Each request that waits takes a thread from the others."""
        if not self.queue.acquire(blocking=False):
            raise Busy
        try:
            if not self.slot.acquire(timeout=WAIT_SECONDS):
                raise Busy
        finally:
            self.queue.release()

    def running(self) -> "subprocess.Popen[bytes]":
        if self.process is not None and self.process.poll() is not None:
            self.stop()
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "apps.core.media.decoder"],
                cwd=settings.BASE_DIR,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | GIVES_MEMORY_BACK,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self.process

    def exchange(self, process: "subprocess.Popen[bytes]", upload: Any, order: dict[str, Any]) -> dict[str, Any]:
        deadline = threading.Timer(DEADLINE_SECONDS, process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            send(cast(IO[bytes], process.stdin), order, upload.chunks(), upload.size)
            facts = receive(cast(IO[bytes], process.stdout), upload)
        finally:
            deadline.cancel()
        upload.size = facts["size"] or upload.size
        return facts

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


decoder = Decoder()
atexit.register(decoder.stop)
