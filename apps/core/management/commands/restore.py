from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.operations.backup import BackupError, restore


class Command(BaseCommand):
    help = "Put a backup back into an empty installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--force", action="store_true", help="replace what is there")

    def handle(self, *args: Any, archive: Path, force: bool, **options: Any) -> None:
        try:
            done = restore(path=archive, force=force)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if done.has_other_secrets:
            self.stderr.write(
                "SECRET_KEY, TOKEN_KEY or DATA_KEYS is another than in the backup: what it signed has ended, what it"
                " encrypted cannot be read"
            )
        self.stdout.write(f"put back the database and {done.files} files; now run migrate, and start")
