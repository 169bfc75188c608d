from datetime import timedelta
from hashlib import sha256
from secrets import randbelow, token_urlsafe
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

LIFETIME = timedelta(minutes=10)
MAX_WRONG_CODES = 5


class NewReset(NamedTuple):
    token: str
    code: str


def hash_of_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def hash_of_code(user_id: int, code: str) -> str:
    """Keyed, for six digits are soon tried through."""
    return salted_hmac("password-reset", f"{user_id}:{code}", algorithm="sha256").hexdigest()


class PasswordResetQuerySet(models.QuerySet["PasswordReset"]):
    def living(self) -> Self:
        """Of people whose address is still the one that the mail went to."""
        return self.filter(expires_at__gt=timezone.now(), user__email=F("address")).select_related("user__user_type")

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def begin(self, *, user_id: int, address: str) -> NewReset:
        """A new link and code; the former ones die."""
        new = NewReset(token_urlsafe(32), f"{randbelow(10**6):06}")
        self.update_or_create(
            user_id=user_id,
            defaults={
                "address": address,
                "token_hash": hash_of_token(new.token),
                "code_hash": hash_of_code(user_id, new.code),
                "wrong_codes": 0,
                "expires_at": timezone.now() + LIFETIME,
            },
        )
        return new

    def with_token(self, token: str) -> "PasswordReset | None":
        return self.living().filter(token_hash=hash_of_token(token)).first()

    def of_address(self, address: str) -> "PasswordReset | None":
        return self.living().filter(user__email__lower=address, user__erased_at=None).first()


class PasswordReset(models.Model):
    """The link and the code of the last mail about a forgotten password, as hashes."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    address = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=64)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    objects = PasswordResetQuerySet.as_manager()

    def __str__(self) -> str:
        return f"reset of {self.user_id}"

    def has_code(self, code: str) -> bool:
        """Each code counts before it is compared, so that many at once are no more tries than many in a row."""
        row = type(self).objects.filter(pk=self.pk, wrong_codes__lt=MAX_WRONG_CODES)
        if not row.update(wrong_codes=F("wrong_codes") + 1):
            return False
        return constant_time_compare(self.code_hash, hash_of_code(self.user_id, code))

    def forgive(self) -> None:
        """The code was right, and only the new password was refused."""
        type(self).objects.filter(pk=self.pk, wrong_codes__gt=0).update(wrong_codes=F("wrong_codes") - 1)

    def use(self) -> bool:
        """Link and code die together; False if somebody was faster."""
        return bool(type(self).objects.filter(pk=self.pk, token_hash=self.token_hash).delete()[0])
