from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class LinkedLoginQuerySet(models.QuerySet["LinkedLogin"]):
    def of(self, user_id: int) -> Self:
        return self.filter(user=user_id)

    def with_subject(self, provider: str, subject: str) -> "LinkedLogin | None":
        """Whom the provider knows by this name, with their account."""
        return self.select_related("user__user_type").filter(provider=provider, subject=subject).first()


class LinkedLogin(models.Model):
    """Somebody's account at a provider, by which they sign in here."""

    class Provider(models.TextChoices):
        GOOGLE = "google", "Google"
        GITHUB = "github", "GitHub"
        FACEBOOK = "facebook", "Facebook"
        INSTAGRAM = "instagram", "Instagram"
        TIKTOK = "tiktok", "TikTok"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="linked_logins"
    )
    provider = models.CharField(max_length=20, choices=Provider)
    subject = models.CharField(max_length=255, help_text="By what the provider knows them, for good.")
    linked_at = models.DateTimeField(default=timezone.now)

    objects = LinkedLoginQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="one_account_per_linked_login"),
            models.UniqueConstraint(fields=["user", "provider"], name="one_linked_login_per_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} of {self.user_id}"


class ExchangedCodeQuerySet(models.QuerySet["ExchangedCode"]):
    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def living(self, key: str) -> Self:
        return self.filter(pk=key, expires_at__gt=timezone.now())


class ExchangedCode(models.Model):
    """What a provider said when it took a code, which it takes once: for the same request with what it still lacked.

    The key is a hash of that request, and only who has the request can read what is sealed.
    """

    key = models.CharField(max_length=64, primary_key=True)
    sealed = models.TextField()
    is_used = models.BooleanField(default=False)
    expires_at = models.DateTimeField(db_index=True)

    objects = ExchangedCodeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"until {self.expires_at}"

    def use(self) -> bool:
        """False if somebody was faster."""
        return bool(type(self).objects.filter(pk=self.pk, is_used=False).update(is_used=True))


class SpentStateQuerySet(models.QuerySet["SpentState"]):
    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def spend(self, digest: str, *, until: datetime) -> bool:
        """False if it was spent before."""
        return self.get_or_create(pk=digest, defaults={"expires_at": until})[1]


class SpentState(models.Model):
    """The state of a login on the web that has come back, as a hash: it comes back once."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    objects = SpentStateQuerySet.as_manager()

    def __str__(self) -> str:
        return f"until {self.expires_at}"
