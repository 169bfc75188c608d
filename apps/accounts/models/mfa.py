"""The second step of a login: an authenticator app, and codes for when it is lost."""

from hashlib import sha256
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import get_random_string

from apps.core.encryption import EncryptedTextField

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

BACKUP_CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""None that is taken for another."""


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def on(self) -> Self:
        return self.filter(confirmed_at__isnull=False)

    def begin(self, *, user_id: int, secret: str) -> bool:
        """Let this secret, encrypted, wait to be confirmed, in place of a former one; False where one is on."""
        self.bulk_create([SecondFactor(user_id=user_id, secret=secret)], ignore_conflicts=True)
        return bool(self.filter(pk=user_id, confirmed_at=None).update(secret=secret))

    def confirm(self, factor: "SecondFactor", *, step: int) -> bool:
        """Switch it on with the code of this step; False if its secret is another one by now, or on."""
        waiting = self.filter(pk=factor.pk, secret=factor.secret, confirmed_at=None)
        return bool(waiting.update(confirmed_at=timezone.now(), last_step=step))

    def use(self, factor: "SecondFactor", *, step: int) -> bool:
        """The code of this step, once: none that is as old as one used before is any good."""
        unused = self.on().filter(pk=factor.pk, secret=factor.secret, last_step__lt=step)
        return bool(unused.update(last_step=step))


class SecondFactor(models.Model):
    """Somebody's authenticator app, by the secret that it shares with us."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = EncryptedTextField()
    confirmed_at = models.DateTimeField(null=True, help_text="Since when it is asked for.")
    last_step = models.BigIntegerField(default=0, help_text="Half minutes since 1970: of the last code that was used.")

    backup_codes: "RelatedManager[BackupCode]"

    objects = SecondFactorQuerySet.as_manager()

    def __str__(self) -> str:
        return f"second factor of {self.user_id}"


def without_marks(code: str) -> str:
    """As it is compared, however it was typed: in groups, in capitals."""
    return "".join(code.split()).replace("-", "").lower()


def hash_of_code(code: str) -> str:
    return sha256(without_marks(code).encode()).hexdigest()


def new_code() -> str:
    """In four groups; no computer tries as many as there are, so that a plain hash will do."""
    return "-".join(get_random_string(4, LETTERS) for _ in range(4))


class BackupCodeQuerySet(models.QuerySet["BackupCode"]):
    def renew(self, factor_id: int) -> list[str]:
        """Ten new ones, to be shown once; the former die. To be called with the row of the factor locked."""
        codes = [new_code() for _ in range(BACKUP_CODES)]
        self.filter(factor=factor_id).delete()
        self.bulk_create(BackupCode(factor_id=factor_id, code_hash=hash_of_code(code)) for code in codes)
        return codes

    def use(self, factor_id: int, code: str) -> bool:
        return bool(self.filter(factor=factor_id, code_hash=hash_of_code(code)).delete()[0])


class BackupCode(models.Model):
    """One that was not used yet, as a hash."""

    factor = models.ForeignKey(SecondFactor, db_index=False, on_delete=models.CASCADE, related_name="backup_codes")
    code_hash = models.CharField(max_length=64)

    objects = BackupCodeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "code_hash"], name="one_row_per_backup_code")]

    def __str__(self) -> str:
        return f"backup code of {self.factor_id}"
