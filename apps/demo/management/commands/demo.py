import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.core.operations.seed import seed
from apps.demo import logins
from apps.demo.build import FEWEST, build, objection, post_new_stories
from apps.demo.progress import Progress


@contextmanager
def undone_when_stopped() -> Iterator[None]:
    """SIGTERM becomes an exception, so that the files go with the rows; by itself it would leave them."""
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


class Command(BaseCommand):
    help = "Build a believable network to try things with, the same from the same seed. A second time it does nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=int, default=200, help="how many people (200)")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another network (1)")
        parser.add_argument("--force", action="store_true", help="also beside other people, and on a public address")
        parser.add_argument(
            "--if-empty", action="store_true", help="where there is any account, or an objection: nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["users"] < FEWEST:
            raise CommandError(f"--users must be {FEWEST} or more.")
        self.is_talkative = options["verbosity"] > 0
        seed()
        if logins.is_there():
            self.keep_fresh(options["seed"])
        elif options["if_empty"] and (User.objects.exists() or objection()):
            return
        elif (reason := objection()) and not options["force"]:
            raise CommandError(f"{reason} With --force the demo network is built here all the same.")
        else:
            self.build(options["users"], options["seed"])
        self.stdout.write(f"Demo people, and the password of each:\n{logins.table()}")

    def build(self, users: int, seed: int) -> None:
        started, progress = time.monotonic(), Progress(self.stderr)
        progress.write(f"Building a demo network of {users:,} people:\n")
        with undone_when_stopped():
            build(count=users, seed=seed, progress=progress)
        self.say(f"Built a network of {users:,} people in {time.monotonic() - started:.1f} seconds.")

    def keep_fresh(self, seed: int) -> None:
        if post_new_stories(seed=seed, progress=Progress(self.stderr)):
            self.say("The demo network is there already. Its stories had expired: there are new ones.")
        else:
            self.say("The demo network is there already: nothing has changed.")

    def say(self, sentence: str) -> None:
        if self.is_talkative:
            self.stdout.write(sentence)
