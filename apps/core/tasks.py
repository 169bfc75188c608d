"""What the schedule starts."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django_q.models import Failure

from apps.core.mail import outbox
from apps.core.models import IdempotencyKey, UploadDay

FAILURES_KEPT = timedelta(days=90)


def prune_idempotency_keys() -> None:
    IdempotencyKey.objects.expired().delete()


def prune_console_sessions() -> None:
    SessionStore.clear_expired()


def prune_failed_jobs() -> None:
    """Of those that went well, django-q2 itself keeps the last thousand."""
    Failure.objects.filter(stopped__lt=timezone.now() - FAILURES_KEPT).delete()


def prune_upload_days() -> None:
    UploadDay.objects.past().delete()


def deliver_due_mails() -> None:
    outbox.deliver_due()


def prune_mails() -> None:
    outbox.prune_mails()
