"""What the schedule starts."""

from apps.core.models import IdempotencyKey


def prune_idempotency_keys() -> None:
    IdempotencyKey.objects.expired().delete()
