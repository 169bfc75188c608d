from datetime import timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

KEPT = timedelta(days=7)
"""How far back a log reaches."""
MARGIN = timedelta(hours=1)


IN_APP = ("notification", "notification_deleted")
"""Events that reach nobody who wants no notifications inside the product."""


class Head(models.Model):
    """How far a person's log goes. Whoever appends holds this row until the commit: numbers rise as commits do."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="live_head"
    )
    last_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id} up to {self.last_seq}"


class PayloadQuerySet(models.QuerySet["Payload"]):
    def outdated(self) -> Self:
        """Older than every entry that is kept."""
        return self.filter(created_at__lt=timezone.now() - KEPT - MARGIN)


class Payload(models.Model):
    """What happened, as the clients are told of it; the same for everybody but for the id of their own row."""

    event = models.CharField(max_length=30)
    data = models.TextField(help_text="JSON.")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    about = models.CharField(max_length=50, blank=True, help_text="What it tells of, if that may be taken back.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = PayloadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["about"], condition=~Q(about=""), name="payloads_to_take_back")]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class Row(NamedTuple):
    """What is read of an entry; thousands are read at a time, and models would take three times as long."""

    head_id: int
    seq: int
    object_id: int | None
    payload_id: int | None
    event: str | None
    data: str | None
    hidden: bool
    """Who did it is away, or on the other side of a block; or it is a notification, and its reader wants none here."""


class EntryQuerySet(models.QuerySet["Entry"]):
    def between(self, user_id: int, after: int, last_seq: int) -> "models.QuerySet[Entry, Row]":
        """What `user_id` was told after the one and up to the other, the oldest first."""
        return self.filter(head=user_id, seq__gt=after, seq__lte=last_seq).as_rows().order_by("seq")

    def newest_of(self, user_ids: list[int]) -> "models.QuerySet[Entry, Row]":
        """The last entry of each of these logs."""
        # Heads first: asked for the entries of these people, PostgreSQL would read all of them.
        heads = Head.objects.filter(pk__in=user_ids)
        return self.filter(head__in=heads, seq=F("head__last_seq")).as_rows()

    def as_rows(self) -> "models.QuerySet[Entry, Row]":
        actor = get_user_model()._default_manager.filter(pk=OuterRef("payload__actor"))
        # One condition each, so that each has its index: joined by OR, they read all blocks of the actor.
        away = Exists(actor.away())
        blocking = Exists(actor.filter(blocks_made__blocked=OuterRef("head")))
        blocked = Exists(actor.filter(blocks_received__blocker=OuterRef("head")))
        reader = get_user_model()._default_manager.filter(pk=OuterRef("head"))
        wants_none = Exists(reader.filter(notification_preferences__enable_in_app=False))
        unwanted = Q(payload__event__in=IN_APP) & wants_none
        payload = {"event": F("payload__event"), "data": F("payload__data")}
        return self.annotate(**payload, hidden=unwanted | away | blocking | blocked).values_list(
            *Row._fields, named=True
        )

    def outdated(self) -> Self:
        return self.filter(created_at__lt=timezone.now() - KEPT)


class Entry(models.Model):
    """One event in one person's log."""

    pk = models.CompositePrimaryKey("head_id", "seq")
    # Without constraints and indexes of their own: fan-outs write a hundred thousand of these.
    head = models.ForeignKey(Head, db_constraint=False, db_index=False, on_delete=models.CASCADE)
    seq = models.PositiveBigIntegerField()
    payload = models.ForeignKey(
        Payload, null=True, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    object_id = models.PositiveBigIntegerField(null=True, help_text="The id that the payload has for this person.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [BrinIndex(fields=["created_at"], name="live_entries_by_time")]

    def __str__(self) -> str:
        return f"{self.head_id} #{self.seq}"
