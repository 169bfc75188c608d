from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Make the two S3 buckets, where they are missing, and let everybody read the public one."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.S3_BUCKET:
            raise CommandError("Files lie in DATA_DIR: set S3_BUCKET and its companions first.")
        for name in ("default", "private"):
            storages[name].make()  # type: ignore[attr-defined]  # see core.s3.Bucket
