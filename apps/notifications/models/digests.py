from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.notifications.models.notifications import Notification
from apps.notifications.models.types import Frequency, people_who_read_mails

LOOKS_BACK = {Frequency.DAILY_DIGEST: timedelta(days=2), Frequency.WEEKLY_SUMMARY: timedelta(days=14)}
"""Nothing older is news: twice the time between two of them, so that one that did not come is made up for."""


class DigestRunQuerySet(models.QuerySet["DigestRun"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def finished(self) -> Self:
        return self.exclude(finished_at=None)

    def since(self, moment: datetime) -> Self:
        return self.filter(slot__gte=moment)

    def before(self, moment: datetime) -> Self:
        return self.filter(slot__lt=moment)


class DigestRun(models.Model):
    """All who are told at one moment, in the order of their ids: all up to `told_up_to` have been told."""

    slot = models.DateTimeField(help_text="When it was eight o'clock where they are.")
    frequency = models.CharField(max_length=20, choices=Frequency)
    told_up_to = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    objects = DigestRunQuerySet.as_manager()

    class Meta:
        verbose_name = "digests"
        verbose_name_plural = "digests"
        constraints = [models.UniqueConstraint(fields=["slot", "frequency"], name="one_run_of_digests_at_a_time")]

    def __str__(self) -> str:
        return f"{self.get_frequency_display()} of {self.slot:%Y-%m-%d %H:%M} UTC"


class DigestQuerySet(models.QuerySet["Digest"]):
    def before(self, moment: datetime) -> Self:
        return self.filter(slot__lt=moment)

    def latest_of(self, person: OuterRef, frequency: str) -> Self:
        return self.filter(user=person, frequency=frequency).order_by("-slot")


class Digest(models.Model):
    """What one mail tells at once: the notifications after `after_id` and up to `up_to`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="+")
    slot = models.DateTimeField(db_index=True)
    frequency = models.CharField(max_length=20, choices=Frequency)
    after_id = models.PositiveBigIntegerField()
    up_to = models.PositiveBigIntegerField()

    objects = DigestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "frequency", "slot"], name="one_digest_of_a_person_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.get_frequency_display()} {self.pk}"

    @property
    def news(self) -> QuerySet[Notification]:
        """What it tells of that is still unread, and still wanted by mail this often; the newest first."""
        told = Notification.objects.for_receiver(self.user_id).unread().wanted_by_mail(self.frequency)
        since = self.slot - LOOKS_BACK[Frequency(self.frequency)]
        return told.filter(pk__gt=self.after_id, pk__lte=self.up_to, created_at__gt=since).order_by("-pk")


def people_with_news(slot: datetime, frequency: Frequency, zones: list[str]) -> QuerySet[Any]:
    """Who lives in these time zones and is to have a digest, with its `after_id` and `up_to`."""
    latest = Digest.objects.latest_of(OuterRef("pk"), frequency).values("up_to")[:1]
    unread = Notification.objects.unread().filter(receiver=OuterRef("pk"), pk__gt=OuterRef("after_id"))
    news = unread.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    news = news.filter(created_at__gt=slot - LOOKS_BACK[frequency]).wanted_by_mail(frequency).order_by("-pk")
    people = people_who_read_mails().filter(profile__timezone__in=zones)
    people = people.annotate(after_id=Coalesce(Subquery(latest), Value(0)))
    with_news: QuerySet[Any] = people.annotate(up_to=Subquery(news.values("pk")[:1])).filter(up_to__isnull=False)
    return with_news
