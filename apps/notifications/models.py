from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from apps.accounts.models import User


class Priority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


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

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, viewer: "User") -> Self:
        """One's own that have not expired, and none about somebody who is away or on the other side of a block."""
        return (
            self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), receiver=viewer)
            .exclude(actor__is_active=False)
            .exclude(actor__blocks_made__blocked=viewer)
            .exclude(actor__blocks_received__blocker=viewer)
        )

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
        return rows.called(type) if type else rows

    def called(self, name: str) -> Self:
        """By family (`follow`) or by code (`follow_request`)."""
        return self.filter(Q(kind__family=name) | Q(kind__code=name))

    def as_items(self) -> Self:
        """With all that an item shows, in one row."""
        return self.select_related("kind", "actor__user_type", "actor__profile")


class Notification(models.Model):
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
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

    @property
    def redirect(self) -> dict[str, object]:
        return {"kind": self.redirect_kind, "id": self.redirect_id, "url": self.redirect_url}
