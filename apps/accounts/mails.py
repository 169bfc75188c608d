"""The mails about accounts. Their tokens are made here, when the worker sends them."""

from typing import Any

from apps.accounts.models import PasswordReset, User
from apps.accounts.models.resets import LIFETIME
from apps.accounts.tokens import VERIFICATION_DAYS, make_verification
from apps.core.http.links import absolute
from apps.core.mail.kinds import MailKind
from apps.core.models import OutgoingMail


def verification(mail: OutgoingMail) -> dict[str, Any] | None:
    user: User = mail.user
    is_done = user.email_verified and mail.address == user.email
    if is_done or mail.address not in (user.email, user.new_email):
        return None
    token = make_verification(user.pk, mail.address)
    return {"address": mail.address, "link": absolute(f"/verify-email?token={token}"), "days": VERIFICATION_DAYS}


def password_reset(mail: OutgoingMail) -> dict[str, Any] | None:
    user: User = mail.user
    if user.state == User.State.SWITCHED_OFF or mail.address != user.email:
        return None
    new = PasswordReset.objects.begin(user_id=user.pk, address=mail.address)
    return {
        "link": absolute(f"/reset-password?token={new.token}"),
        "code": new.code,
        "minutes": LIFETIME.seconds // 60,
    }


def warning(mail: OutgoingMail) -> dict[str, Any]:
    return {"link": absolute("/reset-password")}


MAILS = [
    MailKind("verify_email", "Confirm your e-mail address", verification, verifies=True),
    MailKind("reset_password", "Your new password", password_reset),
    MailKind("password_changed", "Your password was changed", warning),
    MailKind("address_change_asked", "Another e-mail address for your account", warning),
]
