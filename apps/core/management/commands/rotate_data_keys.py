from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.encryption import rotate


class Command(BaseCommand):
    help = "Encrypt everything anew with the first of DATA_KEYS, so that the others may go."

    def handle(self, *args: Any, **options: Any) -> None:
        count, unreadable = rotate()
        self.stdout.write(f"encrypted {count} values with the first of DATA_KEYS")
        if unreadable:
            raise CommandError(f"None of DATA_KEYS reads {', '.join(unreadable)}.")
