"""Two-step login: a code of an authenticator app, or a backup code, after the password."""

from dataclasses import dataclass
from io import BytesIO

import segno
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare
from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

from apps.accounts.errors import MfaDisabled, MfaEnabled, OtpInvalid, OtpRequired, WrongOtp
from apps.accounts.models import BackupCode, KnownAddress, SecondFactor, User
from apps.accounts.models.mfa import without_marks
from apps.accounts.tokens import make_second_step, read_second_step
from apps.core.encryption import decrypt, encrypt
from apps.core.http.clients import Client
from apps.core.http.errors import BadToken
from apps.core.http.throttling import forgive, guard
from apps.core.mail.outbox import queue_mail

DIGITS = 6
SIGNED_IN = "signed in"
"""From where, for a counter, whoever is tries codes."""
STEPS_ASIDE = 1
"""How far a phone's clock may be off, in half minutes."""


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator app has to know, three times the same."""

    secret: str
    otpauth_uri: str
    qr_svg: str


@dataclass(frozen=True)
class Status:
    enabled: bool
    backup_codes_left: int


def check_second_factor(*, user: User, otp: str | None, client: Client) -> None:
    """Between a right password, or what stands for one, and everything else; does nothing for who has no second step.

    `otp` is a code of the app or a backup code, and is used up; an empty one counts as none.
    """
    factor = SecondFactor.objects.on().filter(pk=user.pk).first()
    if factor is None:
        return
    if not without_marks(otp or ""):
        raise OtpRequired(make_second_step(user))
    if not use_code(user, factor, str(otp), client=client):
        raise OtpInvalid


def pass_second_step(*, token: str, otp: str | None, client: Client) -> User:
    """Who has shown their password lately, as the `token` of OtpRequired says, and shows a code now."""
    user_id, password_hash = read_second_step(token)
    user = User.objects.filter(pk=user_id).select_related("user_type").first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), password_hash):
        raise BadToken
    check_second_factor(user=user, otp=otp, client=client)
    return user


def use_code(user: User, factor: SecondFactor, otp: str, *, client: Client, is_signed_in: bool = False) -> bool:
    """Whether `otp` is one of theirs that was not used before; now it is. Each try counts, until a right one."""
    count_try(user, client=client, is_signed_in=is_signed_in)
    code = without_marks(otp)
    if code.isascii() and code.isdecimal() and len(code) == DIGITS:
        step = step_of(factor, code)
        is_right = step is not None and SecondFactor.objects.use(factor, step=step)
    else:
        is_right = BackupCode.objects.use(factor.pk, code)
    if is_right:
        forgive("otp", str(user.pk), client.network)
    return is_right


def count_try(user: User, *, client: Client, is_signed_in: bool) -> None:
    """Whoever is signed in, or was from there lately, is spared what others tried elsewhere.

    A session that was stolen may be used from anywhere, so tries of who is signed in are counted together as well.
    """
    guard("otp", str(user.pk), client.network)
    if is_signed_in:
        guard("otp_per_account", str(user.pk), SIGNED_IN)
    elif not KnownAddress.objects.knows(user, client):
        guard("otp_per_account", str(user.pk))


def step_of(factor: SecondFactor, code: str) -> int | None:
    """The half minute whose code this is, of those around now."""
    try:
        return TOTP(decrypt(factor.secret)).verify_and_get_timecode(code, valid_window=STEPS_ASIDE)
    except OTPVerificationError:
        return None


def status(*, user: User) -> Status:
    factor = SecondFactor.objects.on().filter(pk=user.pk).first()
    return Status(factor is not None, factor.backup_codes.count() if factor else 0)


def setup(*, user: User) -> Enrolment:
    """A new secret for an app; it is asked for once a code of it was confirmed."""
    secret = random_base32()
    if not SecondFactor.objects.begin(user_id=user.pk, secret=encrypt(secret)):
        raise MfaEnabled
    return enrolment(user, secret)


def waiting_enrolment(*, user: User) -> Enrolment | None:
    """What was set up last and waits to be confirmed."""
    factor = SecondFactor.objects.filter(pk=user.pk, confirmed_at=None).first()
    return enrolment(user, decrypt(factor.secret)) if factor else None


def enrolment(user: User, secret: str) -> Enrolment:
    uri = TOTP(secret).provisioning_uri(name=user.username, issuer_name=settings.SITE_NAME)
    picture = BytesIO()
    segno.make(uri, micro=False).save(picture, kind="svg", xmldecl=False, nl=False, scale=5, light="white")
    return Enrolment(secret, uri, picture.getvalue().decode())


def confirm(*, user: User, otp: str, client: Client) -> list[str]:
    """Switch it on by a code of the app that was set up. The backup codes, which are shown this once."""
    factor = SecondFactor.objects.filter(pk=user.pk).first()
    if factor and factor.confirmed_at:
        raise MfaEnabled
    count_try(user, client=client, is_signed_in=True)
    step = step_of(factor, without_marks(otp)) if factor else None
    if factor is None or step is None:
        raise WrongOtp
    with transaction.atomic():
        if not SecondFactor.objects.confirm(factor, step=step):
            raise WrongOtp
        codes = BackupCode.objects.renew(factor.pk)
        queue_mail(kind="mfa_enabled", user=user)
    forgive("otp", str(user.pk), client.network)
    return codes


def renew_backup_codes(*, user: User, otp: str, client: Client) -> list[str]:
    show_code(user=user, otp=otp, client=client)
    with transaction.atomic():
        factor = SecondFactor.objects.on().select_for_update(no_key=True).filter(pk=user.pk).first()
        if factor is None:
            raise MfaDisabled
        return BackupCode.objects.renew(factor.pk)


def disable(*, user: User, otp: str, client: Client) -> None:
    show_code(user=user, otp=otp, client=client)
    with transaction.atomic():
        if not switch_off(user):
            raise MfaDisabled
        queue_mail(kind="mfa_disabled", user=user)


def show_code(*, user: User, otp: str, client: Client) -> None:
    """Whoever is signed in shows that they have the app, or a backup code."""
    factor = SecondFactor.objects.on().filter(pk=user.pk).first()
    if factor is None:
        raise MfaDisabled
    if not use_code(user, factor, otp, client=client, is_signed_in=True):
        raise WrongOtp


def switch_off(user: User) -> bool:
    """With what waits to be confirmed and the backup codes; False if there was nothing."""
    return bool(SecondFactor.objects.filter(pk=user.pk).delete()[0])
