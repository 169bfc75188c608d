from typing import Any

from django.core.management.base import BaseCommand

from apps.social.services.stories import expire_stories


class Command(BaseCommand):
    help = "Remove expired stories with their views and media; may run at any time, twice as well."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"removed {expire_stories()} stories")
