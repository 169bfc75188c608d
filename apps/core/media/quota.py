"""How much a person may upload in a day: bytes, which we store, and pixels, which we decode."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from apps.core.media.errors import QuotaExceeded
from apps.core.models import UploadDay, UploadDayQuerySet


def spend_bytes(user_id: int, size: int) -> None:
    """Count so many bytes for today; QuotaExceeded where fewer are left, and then they are not counted."""
    today = today_of(user_id)
    if not today.filter(bytes__lte=settings.UPLOAD_BYTES_PER_DAY - size).update(bytes=F("bytes") + size):
        raise exceeded()


def refuse_without_pixels(user_id: int) -> None:
    """QuotaExceeded for whoever has spent all of today's; how many a picture has is known once it is decoded."""
    if today_of(user_id).filter(pixels__gte=settings.UPLOAD_PIXELS_PER_DAY).exists():
        raise exceeded()


def spend_pixels(user_id: int, pixels: int) -> None:
    """Count so many pixels, which were decoded, for today; QuotaExceeded where fewer were left, and then none are."""
    today, limit = today_of(user_id), settings.UPLOAD_PIXELS_PER_DAY
    if not today.filter(pixels__lte=limit - pixels).update(pixels=F("pixels") + pixels):
        today.update(pixels=limit)
        raise exceeded()


def today_of(user_id: int) -> UploadDayQuerySet:
    day = timezone.now().date()
    UploadDay.objects.bulk_create([UploadDay(user_id=user_id, day=day)], ignore_conflicts=True)
    return UploadDay.objects.filter(user_id=user_id, day=day)


def exceeded() -> QuotaExceeded:
    """Until midnight in UTC."""
    now = timezone.now()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return QuotaExceeded(int((tomorrow - now).total_seconds()) + 1)
