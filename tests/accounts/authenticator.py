"""An authenticator app, and backup codes on paper."""

import time

from pyotp import TOTP

from apps.accounts.models import BackupCode, SecondFactor, User
from tests.factories import SECRET, SecondFactorFactory


def code(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows, or shows `later` half minutes from now."""
    return TOTP(secret).at(time.time(), counter_offset=later)


def wrong_code() -> str:
    near = {code(later=later) for later in range(-2, 3)}
    return next(digits for digits in ("000000", "111111", "222222", "333333", "444444", "555555") if digits not in near)


def with_mfa(user: User) -> list[str]:
    """Switch two-step login on for `user`; their backup codes."""
    return BackupCode.objects.renew(SecondFactorFactory(user=user).pk)


def wait_for_another_code() -> None:
    """As if the last one had been used long ago."""
    SecondFactor.objects.update(last_step=0)
