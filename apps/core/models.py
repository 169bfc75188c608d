"""Technical tables. None of them is anybody's product."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone

KEY_LIFETIME = timedelta(hours=24)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def expired(self) -> Self:
        return self.filter(created_at__lt=timezone.now() - KEY_LIFETIME)

    def living(self) -> Self:
        return self.filter(created_at__gte=timezone.now() - KEY_LIFETIME)


class IdempotencyKey(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    claimed_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    about = models.CharField(max_length=100, blank=True, help_text="The row that was made, as app.model:id.")

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_row_per_idempotency_key")]
        indexes = [models.Index(fields=["about"], condition=~Q(about=""), name="answers_by_row")]

    def __str__(self) -> str:
        return self.key


class UploadDayQuerySet(models.QuerySet["UploadDay"]):
    def past(self) -> Self:
        return self.filter(day__lt=timezone.now().date())


class UploadDay(models.Model):
    """What one person uploaded on one day, by UTC: see `core.media.quota`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    bytes = models.PositiveBigIntegerField(default=0)
    pixels = models.PositiveBigIntegerField(default=0)

    objects = UploadDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_upload_day_per_person")]
        indexes = [models.Index(fields=["day"], name="upload_days_by_day")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.day}"


class FailedAttemptsQuerySet(models.QuerySet["FailedAttempts"]):
    def over(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def add_one(self, key: "CounterKey", *, up_to: int, within: timedelta) -> bool:
        """Count one, in a new window where the last is over; False when there are `up_to` already."""
        now = timezone.now()
        counter = self.filter(**key._asdict())
        if counter.raise_one(up_to, now, within):
            return True
        if counter.filter(expires_at__gt=now, count__gte=up_to).exists():
            return False
        first = FailedAttempts(**key._asdict(), count=0, expires_at=now + within)
        self.bulk_create([first], ignore_conflicts=True)
        return counter.raise_one(up_to, now, within)

    def raise_one(self, up_to: int, now: datetime, within: timedelta) -> bool:
        """Whoever comes at the same moment waits for this one statement, and then counts on."""
        is_over = Q(expires_at__lte=now)
        return bool(
            self.filter(is_over | Q(count__lt=up_to)).update(
                count=Case(When(is_over, then=1), default=F("count") + 1),
                expires_at=Case(When(is_over, then=now + within), default=F("expires_at")),
            )
        )


class CounterKey(NamedTuple):
    limit: str
    subject: str
    network: str = ""


class FailedAttempts(models.Model):
    """How often something failed within a window of time: see `core.http.counters`."""

    limit = models.CharField(max_length=50, help_text="Its name in THROTTLE_RATES.")
    subject = models.CharField(max_length=50, help_text="What was tried: an account, or everything from an address.")
    network = models.CharField(max_length=50, blank=True, help_text="From where, if that is counted apart.")
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField(db_index=True)

    objects = FailedAttemptsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "failed attempts"
        constraints = [models.UniqueConstraint(fields=["subject", "limit", "network"], name="one_row_per_counter")]

    def __str__(self) -> str:
        return f"{self.limit} {self.subject}"


APPEND_ONLY = "The trail is append-only."


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def of(self, target: str) -> Self:
        return self.filter(target=target)

    def about(self, user_id: int) -> Self:
        """What was done with a person, or with what is theirs."""
        return self.filter(person=user_id)

    def with_people(self) -> Self:
        return self.select_related("actor__profile", "person")

    def update(self, **values: Any) -> int:
        raise TypeError(APPEND_ONLY)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(APPEND_ONLY)


class AuditEntry(models.Model):
    """Who of the staff did or saw what. Append-only: PostgreSQL refuses to change or delete a row.

    So it holds nobody's words and no value that is personal: people are named by their rows, and whoever was erased is
    "Deleted user" here, too.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=50, help_text="One of the sentences that rooms declare.")
    target = models.CharField(max_length=100, help_text="The row, as app.model:id.")
    target_name = models.CharField(max_length=200, db_default="", help_text="What kind of row it is, or was.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose it is.",
    )
    changes = models.JSONField(null=True, help_text="Before and after, by field; empty where they are personal.")
    note = models.TextField(blank=True, help_text="Why, in the words of whoever did it.")
    address = models.GenericIPAddressField(null=True, help_text="From where.")
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        permissions = [("export_auditentry", "Can export the audit trail")]
        indexes = [
            models.Index(fields=["-created_at"], name="audit_newest"),
            models.Index(fields=["target", "-created_at"], name="audit_by_target"),
            models.Index(fields=["action", "-created_at"], name="audit_by_action"),
            models.Index(fields=["person", "-created_at"], name="audit_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(APPEND_ONLY)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(APPEND_ONLY)


class SeededGrant(models.Model):
    """A permission once given by `manage.py seed`: if staff took it away since, it is not given back."""

    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


ERROR_LENGTH = 300
MAILS_KEPT = timedelta(days=30)
DEMO_DOMAIN = "@demo.example"
"""Of the people of the demo network: nothing is ever sent there."""


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self) -> Self:
        return self.filter(next_try_at__lte=timezone.now())

    def waiting(self) -> Self:
        return self.filter(next_try_at__isnull=False)

    def sent(self) -> Self:
        return self.filter(sent_at__isnull=False)

    def given_up(self) -> Self:
        return self.filter(next_try_at=None, sent_at=None)

    def ended_before(self, moment: datetime) -> Self:
        return self.filter(next_try_at=None, created_at__lt=moment)

    def to(self, address: Any, *, since: datetime) -> Self:
        """What the address, a text or an expression, was sent since then, besides notifications."""
        return self.filter(address=address, created_at__gt=since, about=None)

    def notifications_to(self, address: Any, *, since: datetime) -> Self:
        return self.filter(address=address, created_at__gt=since, about__isnull=False)

    def with_person(self) -> Self:
        return self.select_related("user")

    def with_unused_link(self) -> Self:
        """Whose link to unsubscribe is good: a row lives no longer."""
        return self.filter(unsubscribed_at=None, created_at__gt=timezone.now() - MAILS_KEPT)

    def claim(self, mail: "OutgoingMail", *, until: datetime) -> bool:
        """One more try; False if somebody else was faster."""
        if not self.filter(pk=mail.pk, tries=mail.tries).update(tries=mail.tries + 1, next_try_at=until):
            return False
        mail.tries += 1
        return True

    def claimed(self, mail: "OutgoingMail") -> Self:
        """The row, unless its try took so long that another one has begun."""
        return self.filter(pk=mail.pk, tries=mail.tries)


class OutgoingMail(models.Model):
    """A mail to one person, from its cause until a while after its end: see `core.mail.outbox`.

    Neither its words nor a token are kept: both are made when it is sent.
    """

    kind = models.CharField(max_length=50, help_text="What it is about.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField()
    about = models.PositiveBigIntegerField(null=True, help_text="The notification or the digest that it tells of.")
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, help_text="Empty once it was sent or given up.")
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=ERROR_LENGTH, blank=True, help_text="What the last try that failed said.")
    unsubscribed_at = models.DateTimeField(null=True, help_text="When its link to unsubscribe was used.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        constraints = [
            models.CheckConstraint(condition=Q(next_try_at=None) | Q(sent_at=None), name="a_sent_mail_is_not_due"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="mails_that_are_due"),
            models.Index(fields=["-created_at"], name="mails_newest"),
            models.Index(fields=["-created_at"], condition=Q(next_try_at=None, sent_at=None), name="mails_given_up"),
            models.Index(fields=["address", "created_at"], name="mails_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message_id(self) -> str:
        return f"{self.pk}.{int(self.created_at.timestamp())}@{urlsplit(settings.PUBLIC_URL).hostname}"


class RefusedAddressQuerySet(models.QuerySet["RefusedAddress"]):
    def holds(self, address: str) -> bool:
        return self.filter(address=address.lower()).exists()

    def mark(self, address: str) -> None:
        self.get_or_create(address=address.lower())

    def clear(self, address: str) -> None:
        """Somebody has shown that mails arrive there."""
        self.filter(address=address.lower()).delete()


class RefusedAddress(models.Model):
    """A mail server said for good that nobody is there: only verification goes to it until it is verified again."""

    address = models.EmailField(unique=True, help_text="In lower case.")
    refused_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = RefusedAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "refused addresses"

    def __str__(self) -> str:
        return self.address
