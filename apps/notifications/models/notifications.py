from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.core.http.pages import near
from apps.core.reading.compiled import compiled
from apps.core.reading.viewer import Viewer
from apps.notifications.catalogue import HAVE_MAILS_OF_THEIR_OWN
from apps.notifications.models.types import NotificationType, Preferences, Priority, wants_mail


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, viewer: Viewer, now: datetime | None = None) -> Self:
        """As `for_receiver`; none at all while one wants to be told nothing inside the product."""
        told_elsewhere = Preferences.objects.filter(pk=viewer.id, enable_in_app=False)
        return self.for_receiver(viewer.id, now).exclude(Exists(told_elsewhere))

    def for_receiver(self, receiver_id: int | None, now: datetime | None = None) -> Self:
        """Theirs that have not expired; none about somebody who is away, or on the other side of a block."""
        people = get_user_model()._default_manager
        # One condition each, so that each has its index: joined by OR, they read everybody there is.
        blocked = people.filter(blocks_received__blocker=receiver_id).values("pk")
        blocking = people.filter(blocks_made__blocked=receiver_id).values("pk")
        away = people.away().filter(pk=OuterRef("actor"))
        theirs = self.filter(Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()), receiver=receiver_id)
        return theirs.exclude(actor__in=blocked).exclude(actor__in=blocking).exclude(Exists(away))

    def wanted_by_mail(self, frequency: str) -> Self:
        """Those of a type about which their receivers have chosen to be mailed this soon."""
        told_otherwise = NotificationType.objects.filter(code__in=HAVE_MAILS_OF_THEIR_OWN)
        rows = self.filter(wants_mail(frequency, OuterRef("receiver"), OuterRef("kind")))
        return rows.exclude(kind__in=told_otherwise)

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


def was_told(code: str, redirect_id: int) -> Exists:
    """Whether the person of the outer query was told of this object."""
    return Exists(Notification.objects.about(OuterRef("pk"), code, redirect_id))


@compiled()
def unread_about(receiver_id: int, code: str, redirect_id: int) -> NotificationQuerySet:
    """As `about`, with all that `NotificationOut` shows."""
    return Notification.objects.about(receiver_id, code, redirect_id).unread().in_full()
