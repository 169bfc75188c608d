from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.devices import MAX_DEVICE
from apps.core.http.clients import Client, read_address
from apps.core.reading.compiled import compiled

if TYPE_CHECKING:
    from apps.accounts.models.users import User

REMEMBERED = timedelta(days=30)
"""So long an address counts as one from which a person signs in."""
DEVICE_REMEMBERED = timedelta(days=365)
"""So long a device counts as one with which a person signs in."""
MAX_DEVICES = 100
"""So many are remembered of one person, those that were used last."""


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self, now: datetime | None = None) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now(), user__is_active=True)

    def of(self, user_id: int) -> Self:
        return self.filter(user=user_id)

    def seen_from(self, session: "Session") -> Self:
        """All as the person sees them who is signed in by `session`: which of them is this one."""
        return self.annotate(current=ExpressionWrapper(Q(pk=session.pk), models.BooleanField()))

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
    previous_refresh_id = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="The one that was swapped for it."
    )
    rotated_at = models.DateTimeField(null=True, help_text="When that was.")
    user_agent = models.CharField(max_length=255, blank=True)
    device = models.CharField(
        max_length=MAX_DEVICE, blank=True, default="", db_default="", help_text="What it is called: see devices.py."
    )
    ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, db_index=True)

    last_seq: int

    objects = SessionQuerySet.as_manager()

    class Meta:
        permissions = [("end_session", "Can end the sessions of others")]

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"


class KnownAddressQuerySet(models.QuerySet["KnownAddress"]):
    def outdated(self) -> Self:
        return self.filter(last_login_at__lt=timezone.now() - REMEMBERED)

    def knows(self, user: "User | None", client: Client) -> bool:
        """Whether this person has been signed in there lately; for nobody it is asked as well, and takes as long."""
        since = timezone.now() - REMEMBERED
        return self.filter(user=user.pk if user else 0, network=client.network, last_login_at__gte=since).exists()

    def remember(self, user_id: int, client: Client) -> None:
        """This person has signed in from there just now, or gone on with a session."""
        if read_address(client.address):
            row = KnownAddress(user_id=user_id, network=client.network)
            unique = ["user", "network"]
            self.bulk_create([row], update_conflicts=True, unique_fields=unique, update_fields=["last_login_at"])


class KnownAddress(models.Model):
    """Where somebody has been signed in. They still may sign in there, however many others guess their password."""

    user = models.ForeignKey("accounts.User", db_index=False, on_delete=models.CASCADE, related_name="known_addresses")
    network = models.CharField(max_length=50, help_text="An IPv4 address, or the /64 of an IPv6 address.")
    last_login_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KnownAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "known addresses"
        constraints = [models.UniqueConstraint(fields=["user", "network"], name="one_row_per_known_address")]

    def __str__(self) -> str:
        return self.network


class KnownDeviceQuerySet(models.QuerySet["KnownDevice"]):
    def outdated(self) -> Self:
        return self.filter(last_login_at__lt=timezone.now() - DEVICE_REMEMBERED)

    def remember(self, user_id: int, device: str) -> bool:
        """This person has signed in with it just now; whether it was not known as theirs."""
        theirs = self.filter(user=user_id)
        if theirs.filter(device=device).update(last_login_at=timezone.now()):
            return False
        is_new = self.get_or_create(user_id=user_id, device=device)[1]
        surplus = theirs.order_by("-last_login_at", "-pk").values_list("pk", flat=True)[MAX_DEVICES:]
        self.filter(pk__in=list(surplus)).delete()
        return is_new


class KnownDevice(models.Model):
    """With what somebody has signed in: a login with anything else is told to them."""

    user = models.ForeignKey("accounts.User", db_index=False, on_delete=models.CASCADE, related_name="known_devices")
    device = models.CharField(max_length=MAX_DEVICE, help_text="Browser and system, as in a session.")
    last_login_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KnownDeviceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "device"], name="one_row_per_known_device")]

    def __str__(self) -> str:
        return self.device


@compiled()
def living_session(session_id: int, user_id: int, now: datetime) -> SessionQuerySet:
    """Of this person, with all that a request wants to know about them."""
    sessions = Session.objects.alive(now).filter(pk=session_id, user=user_id)
    return sessions.select_related("user__user_type", "user__profile")


@compiled()
def listening_session(session_id: int, user_id: int, now: datetime) -> SessionQuerySet:
    return Session.objects.alive(now).filter(pk=session_id, user=user_id).with_log()
