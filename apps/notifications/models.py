from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.http.pages import near
from apps.core.queue import STALLED_AFTER
from apps.core.reading.compiled import compiled
from apps.core.reading.viewer import Viewer


class Priority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Frequency(models.TextChoices):
    """How soon somebody hears by mail or push; disabled, they are not even told inside the product."""

    IMMEDIATE = "immediate"
    DAILY_DIGEST = "daily_digest"
    WEEKLY_SUMMARY = "weekly_summary"
    DISABLED = "disabled"


class NotificationType(models.Model):
    """What can happen, and the words in which people are told. Staff edit the words."""

    class Family(models.TextChoices):
        FOLLOW = "follow"
        EVENT = "event"
        MESSAGE = "message"
        STORY = "story"
        MARKETPLACE = "marketplace"
        VENTURE = "venture"
        SYSTEM = "system"

    code = models.SlugField(unique=True)
    family = models.CharField(max_length=20, choices=Family)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    title = models.CharField(max_length=200, help_text="Plain words; {names} as in the message.")
    message = models.TextField(help_text="Names in braces, such as {sender}, are filled in when it happens.")
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    is_active = models.BooleanField(default=True, help_text="Switched off, nobody is told of it any more.")
    default_frequency = models.CharField(
        max_length=20,
        choices=Frequency,
        default=Frequency.IMMEDIATE,
        db_default=Frequency.IMMEDIATE,
        help_text="For whoever has not chosen.",
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class PreferencesQuerySet(models.QuerySet["Preferences"]):
    def with_types_disabled(self) -> Self:
        """How many types each of them has disabled, as `types_disabled`."""
        disabled = TypePreference.objects.disabled().filter(preferences=OuterRef("pk")).order_by()
        count = disabled.values("preferences").annotate(count=Count("pk")).values("count")
        return self.annotate(types_disabled=Coalesce(Subquery(count), 0))


class Preferences(models.Model):
    """Where a person wants to be told; whoever has no row wants it everywhere."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    enable_in_app = models.BooleanField(
        "in the product", default=True, help_text="Off, nothing is listed, counted or streamed."
    )
    enable_email = models.BooleanField("by mail", default=True)
    enable_push = models.BooleanField("by push", default=True, help_text="Kept until there is push.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = PreferencesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"


class TypePreferenceQuerySet(models.QuerySet["TypePreference"]):
    def of(self, user_id: int) -> Self:
        """What `user_id` can choose."""
        return self.filter(preferences=user_id, kind__is_active=True).order_by("kind")

    def disabled(self) -> Self:
        return self.filter(frequency=Frequency.DISABLED)


class TypePreference(models.Model):
    """How a person wants to hear of one type; where there is no row, as the type has it, and by mail too."""

    preferences = models.ForeignKey(Preferences, db_index=False, on_delete=models.CASCADE, related_name="types")
    kind = models.ForeignKey(NotificationType, db_index=False, on_delete=models.CASCADE, related_name="preferences")
    frequency = models.CharField(max_length=20, choices=Frequency)
    email_enabled = models.BooleanField("by mail", default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TypePreferenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preferences", "kind"], name="one_preference_per_type"),
        ]
        indexes = [
            models.Index(
                fields=["kind", "preferences"],
                condition=Q(frequency=Frequency.DISABLED),
                name="types_disabled_by_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.get_frequency_display()}"


def has_disabled(person: Any, kind: Any) -> Exists:
    """Whether `person` wants to hear nothing of the type `kind`; both are ids or expressions."""
    return Exists(TypePreference.objects.disabled().filter(preferences=person, kind=kind))


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, viewer: Viewer, now: datetime | None = None) -> Self:
        """One's own that have not expired; none about somebody who is away, or on the other side of a block.

        None at all while one wants to be told nothing inside the product.
        """
        people = get_user_model()._default_manager
        # One condition each, so that each has its index: joined by OR, they read everybody there is.
        blocked = people.filter(blocks_received__blocker=viewer.id).values("pk")
        blocking = people.filter(blocks_made__blocked=viewer.id).values("pk")
        away = people.filter(pk=OuterRef("actor"), is_active=False)
        mine = self.filter(Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()), receiver=viewer.id)
        told_elsewhere = Preferences.objects.filter(pk=viewer.id, enable_in_app=False)
        shown = mine.exclude(Exists(told_elsewhere))
        return shown.exclude(actor__in=blocked).exclude(actor__in=blocking).exclude(Exists(away))

    def about(self, receiver: Any, code: str, redirect_id: int) -> Self:
        """What `receiver`, an id or an expression, was told of this object."""
        return self.filter(receiver=receiver, kind__code=code, redirect_id=redirect_id)

    def unread(self) -> Self:
        return self.filter(is_read=False)

    def matching(
        self,
        *,
        is_read: bool | None = None,
        type: str | None = None,
        code: str | None = None,
        priority: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Self:
        """Those that meet every condition given."""
        plain = {
            "is_read": is_read,
            "kind__code": code,
            "priority": priority,
            "created_at__gt": created_after,
            "created_at__lt": created_before,
        }
        rows = self.filter(**{name: value for name, value in plain.items() if value is not None})
        return rows if type is None else rows.called(type)

    def called(self, name: str) -> Self:
        """By family (`follow`) or by code (`follow_request`)."""
        return self.filter(Q(kind__family=name) | Q(kind__code=name))

    def in_full(self) -> Self:
        """With all that `NotificationOut` shows."""
        return self.select_related("kind", "actor__user_type", "actor__profile")


class Notification(models.Model):
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="notifications"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.ForeignKey(NotificationType, on_delete=models.PROTECT, related_name="notifications")
    title = models.CharField(max_length=200)
    message = models.TextField()
    priority = models.CharField(max_length=10, choices=Priority)
    redirect_kind = models.CharField(max_length=30)
    redirect_id = models.PositiveBigIntegerField()
    redirect_url = models.CharField(max_length=200)
    is_read = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["receiver", "-id"], name="notifications_newest"),
            models.Index(fields=["receiver", "kind", "-id"], name="notifications_by_kind"),
            models.Index(fields=["receiver", "priority", "-id"], name="notifications_by_priority"),
            models.Index(fields=["receiver", "created_at"], name="notifications_by_time"),
            models.Index(fields=["receiver", "-id"], condition=Q(is_read=False), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return self.message


@compiled(custom_plan=["created_after", "created_before"])
def notification_log(
    viewer: Viewer,
    *,
    now: datetime,
    before: int | None,
    after: int | None,
    is_read: bool | None,
    type: str | None,
    code: str | None,
    priority: Priority | None,
    created_after: datetime | None,
    created_before: datetime | None,
) -> NotificationQuerySet:
    """Those that meet every condition given."""
    rows = Notification.objects.visible_to(viewer, now).matching(
        is_read=is_read,
        type=type,
        code=code,
        priority=priority,
        created_after=created_after,
        created_before=created_before,
    )
    return near(rows, before, after)


@compiled()
def unread_notifications(viewer: Viewer, now: datetime) -> NotificationQuerySet:
    return Notification.objects.visible_to(viewer, now).unread()


@compiled()
def notification_type(code: str) -> "models.QuerySet[NotificationType]":
    return NotificationType.objects.filter(code=code)


@compiled()
def wanted_type(receiver_id: int, code: str) -> "models.QuerySet[NotificationType]":
    """None if it is switched off, or `receiver_id` has disabled it."""
    active = NotificationType.objects.filter(code=code, is_active=True)
    return active.exclude(has_disabled(receiver_id, OuterRef("pk")))


def was_told(code: str, redirect_id: int) -> Exists:
    """Whether the person of the outer query was told of this object."""
    return Exists(Notification.objects.about(OuterRef("pk"), code, redirect_id))


@compiled()
def unread_about(receiver_id: int, code: str, redirect_id: int) -> NotificationQuerySet:
    """As `about`, with all that `NotificationOut` shows."""
    return Notification.objects.about(receiver_id, code, redirect_id).unread().in_full()


class FanOutQuerySet(models.QuerySet["FanOut"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def about(self, codes: Collection[str]) -> Self:
        return self.filter(kind__code__in=codes)

    def to_take_up(self, now: datetime) -> Self:
        """Those that were postponed until now, and those whose job was lost; not those taken up a short while ago."""
        lost = now - STALLED_AFTER
        due = Q(postponed_until=None, created_at__lt=lost) | Q(postponed_until__lte=now)
        return self.unfinished().filter(due, Q(taken_up_at=None) | Q(taken_up_at__lt=lost))

    def of_object(self, kind_id: int, object_id: int) -> Self:
        return self.filter(kind=kind_id, redirect_id=object_id)

    def waiting(self) -> Self:
        """Postponed, and not a single person told."""
        return self.unfinished().filter(postponed_until__isnull=False, told_up_to=0)

    def told_at_once_since(self, moment: datetime) -> Self:
        return self.filter(postponed_until=None, created_at__gt=moment)


class FanOut(models.Model):
    """One thing to tell a whole audience, in the order of its ids: all up to `told_up_to` have been told."""

    key = models.CharField(max_length=100, unique=True, help_text="What happened: the same thing is told once.")
    kind = models.ForeignKey(NotificationType, db_index=False, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200)
    message = models.TextField()
    priority = models.CharField(max_length=10, choices=Priority)
    redirect_kind = models.CharField(max_length=30)
    redirect_id = models.PositiveBigIntegerField()
    redirect_url = models.CharField(max_length=200)
    told_up_to = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    postponed_until = models.DateTimeField(null=True, help_text="Empty for what is told at once.")
    taken_up_at = models.DateTimeField(null=True, help_text="When the schedule last queued it.")
    finished_at = models.DateTimeField(null=True)

    objects = FanOutQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(finished_at=None), name="fan_outs_unfinished"),
            models.Index(fields=["kind", "redirect_id"], name="fan_outs_of_object"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def state(self) -> str:
        if self.finished_at:
            return "told"
        is_postponed = self.postponed_until and self.postponed_until > timezone.now()
        return "postponed" if is_postponed else "telling"
