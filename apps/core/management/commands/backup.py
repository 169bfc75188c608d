from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.operations.backup import BackupError, back_up


class Command(BaseCommand):
    help = "Write the database and all files into one archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, help="the archive to write, or a folder for one named by its time")
        parser.add_argument("--with-secrets", action="store_true", help="put the secrets of .env into it as well")

    def handle(self, *args: Any, target: Path, with_secrets: bool, **options: Any) -> None:
        try:
            done = back_up(target=target, with_secrets=with_secrets)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        for name in done.missing:
            self.stderr.write(f"{name} is gone; its row is in the backup, the file is not")
        self.stdout.write(f"wrote the database and {done.files} files into {done.path}")
