"""The mails about accounts. Their tokens are made here, when the worker sends them."""

from datetime import timedelta
from typing import Any

from apps.accounts.models import Erasure, LinkedLogin, PasswordReset, Session, User
from apps.accounts.models.resets import LIFETIME
from apps.accounts.tokens import VERIFICATION_DAYS, make_verification
from apps.core.http.links import absolute
from apps.core.mail.kinds import MailKind
from apps.core.models import OutgoingMail, RefusedAddress


def verification(mail: OutgoingMail) -> dict[str, Any] | None:
    user: User = mail.user
    is_done = user.email_verified and mail.address == user.email and not RefusedAddress.objects.holds(mail.address)
    if is_done or mail.address not in (user.email, user.new_email):
        return None
    token = make_verification(user.pk, mail.address)
    return {"address": mail.address, "link": absolute(f"/verify-email?token={token}"), "days": VERIFICATION_DAYS}


def password_reset(mail: OutgoingMail) -> dict[str, Any] | None:
    user: User = mail.user
    has_another = OutgoingMail.objects.filter(user=user.pk, kind="password_changed", created_at__gt=mail.created_at)
    if user.is_kept_away or mail.address != user.email or has_another.exists():
        return None
    new = PasswordReset.objects.begin(user_id=user.pk, address=mail.address)
    return {
        "link": absolute(f"/reset-password?token={new.token}"),
        "code": new.code,
        "minutes": LIFETIME.seconds // 60,
    }


def new_login(mail: OutgoingMail) -> dict[str, Any]:
    """With the device of the session that caused it; a login to the console has none."""
    lately = mail.created_at - timedelta(seconds=5)
    session = Session.objects.filter(user=mail.user_id, created_at__range=(lately, mail.created_at)).last()
    return warning(mail) | {"device": session.device if session else "", "at": mail.created_at}


def login_linked(mail: OutgoingMail) -> dict[str, Any] | None:
    """With the provider that caused it, unless it is unlinked again."""
    links = LinkedLogin.objects.of(mail.user_id).filter(linked_at__lte=mail.created_at)
    linked = links.order_by("linked_at").last()
    return warning(mail) | {"provider": linked.get_provider_display()} if linked else None


def warning(mail: OutgoingMail) -> dict[str, Any]:
    return {"link": absolute("/reset-password")}


def deletion_asked(mail: OutgoingMail) -> dict[str, Any] | None:
    """None if they have changed their mind."""
    erasure = Erasure.objects.filter(user=mail.user_id).first()
    return warning(mail) | {"due_at": erasure.due_at} if erasure else None


MAILS = [
    MailKind("verify_email", "Confirm your e-mail address", verification, verifies=True),
    MailKind("reset_password", "Your new password", password_reset),
    MailKind("password_changed", "Your password was changed", warning),
    MailKind("mfa_enabled", "Two-step login is on", warning),
    MailKind("mfa_disabled", "Two-step login is off", warning),
    MailKind("mfa_reset", "Two-step login was reset", warning),
    MailKind("new_login", "A login from a new device", new_login),
    MailKind("login_linked", "Another way to sign in", login_linked),
    MailKind("address_change_asked", "Another e-mail address for your account", warning),
    MailKind("deletion_asked", "Your account will be deleted", deletion_asked),
    MailKind("deletion_cancelled", "Your account will not be deleted", warning),
]
