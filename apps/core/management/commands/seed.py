from typing import Any

from django.core.management.base import BaseCommand

from apps.core.operations.seed import seed


class Command(BaseCommand):
    help = "Create the rows the product needs to start, where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"seeded {seed()} rows")
