from typing import Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from apps.core.models import DEMO_DOMAIN, RefusedAddress
from apps.core.reading.compiled import compiled


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

    by_mail: bool
    """As `wanted_type` reads it for one person."""

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


def people_who_read_mails() -> "models.QuerySet[Any]":
    """Those whom mails of notifications may reach: at an address that is theirs, and that takes mails."""
    off = Preferences.objects.filter(pk=OuterRef("pk"), enable_email=False)
    refusing = RefusedAddress.objects.filter(address=Lower(OuterRef("email")))
    people = get_user_model()._default_manager.active().filter(email_verified=True)
    return people.exclude(email__iendswith=DEMO_DOMAIN).exclude(Exists(off)).exclude(Exists(refusing))


def wants_mail(frequency: Any, person: Any, kind: Any) -> Q:
    """Whether `person` has chosen to be mailed this soon about the type `kind`; the two are ids or expressions."""
    own = TypePreference.objects.filter(preferences=person, kind=kind)
    chosen = own.filter(frequency=frequency, email_enabled=True)
    by_default = NotificationType.objects.filter(pk=kind, default_frequency=frequency)
    return Q(Exists(chosen)) | (~Q(Exists(own)) & Q(Exists(by_default)))


@compiled()
def notification_type(code: str) -> "models.QuerySet[NotificationType]":
    return NotificationType.objects.filter(code=code)


@compiled()
def wanted_type(receiver_id: int, code: str) -> "models.QuerySet[NotificationType]":
    """None if it is switched off, or `receiver_id` has disabled it; `by_mail` says whether they want a mail at once."""
    active = NotificationType.objects.filter(code=code, is_active=True)
    wanted = active.exclude(has_disabled(receiver_id, OuterRef("pk")))
    is_reached = Exists(people_who_read_mails().filter(pk=receiver_id))
    by_mail = Q(is_reached) & wants_mail(Frequency.IMMEDIATE, receiver_id, OuterRef("pk"))
    return wanted.annotate(by_mail=by_mail)  # type: ignore[no-redef]  # the model says so for its readers
