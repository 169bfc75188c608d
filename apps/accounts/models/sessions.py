from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.reading.compiled import compiled


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self, now: datetime | None = None) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now(), user__is_active=True)

    def with_log(self) -> Self:
        """Each with how far its user's log of live events goes."""
        return self.annotate(last_seq=Coalesce(F("user__live_head__last_seq"), 0)).only("expires_at")

    def long_dead(self) -> Self:
        """Nothing refers to them any more: even their last token has expired."""
        past = timezone.now() - timedelta(days=1)
        return self.filter(Q(expires_at__lt=past) | Q(revoked_at__lt=past))


class Session(models.Model):
    """One device, signed in. Its tokens are worth what this row says."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="sessions")
    refresh_id = models.CharField(max_length=32, help_text="The one refresh token that still counts.")
    user_agent = models.CharField(max_length=255, blank=True)
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, db_index=True)

    last_seq: int

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"


@compiled()
def living_session(session_id: int, user_id: int, now: datetime) -> SessionQuerySet:
    """Of this person, with all that a request wants to know about them."""
    sessions = Session.objects.alive(now).filter(pk=session_id, user=user_id)
    return sessions.select_related("user__user_type", "user__profile")


@compiled()
def listening_session(session_id: int, user_id: int, now: datetime) -> SessionQuerySet:
    return Session.objects.alive(now).filter(pk=session_id, user=user_id).with_log()
