"""What the schedule starts."""

from apps.core.models import IdempotencyKey, UploadDay


def prune_idempotency_keys() -> None:
    IdempotencyKey.objects.expired().delete()


def prune_upload_days() -> None:
    UploadDay.objects.past().delete()
