"""Forgotten, reset and changed passwords."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.addresses import address_key
from apps.accounts.credentials import check_credentials, forget_failures
from apps.accounts.errors import BadCode, WrongOldPassword
from apps.accounts.models import PasswordReset, Session, User
from apps.accounts.schemas import ResetPasswordIn
from apps.accounts.services import sessions
from apps.core.http.clients import Client
from apps.core.http.errors import BadToken, Invalid
from apps.core.http.throttling import guard, hit
from apps.core.mail.outbox import queue_mail
from apps.core.models import RefusedAddress


def forgot_password(*, address: str) -> None:
    """A mail to whoever has this address, if anybody has; suspended people get none."""
    guard("forgot_per_address", address_key(address))
    user = User.objects.with_login(address).first()
    if user and not user.is_kept_away:
        queue_mail(kind="reset_password", user=user)


def reset_password(*, form: ResetPasswordIn) -> None:
    """By the link of the mail or by its code; a refused password uses up neither."""
    if form.token is not None:
        reset_by_token(token=form.token, password=form.password)
    else:
        reset_by_code(address=str(form.email), code=str(form.otp), password=form.password)


def reset_by_token(*, token: str, password: str) -> None:
    reset = PasswordReset.objects.with_token(token)
    if reset is None:
        raise BadToken
    use(reset, password)


def reset_by_code(*, address: str, code: str, password: str) -> None:
    reset = PasswordReset.objects.of_address(address_key(address))
    # A new mail brings five more guesses, so all of an account's are counted too; its link goes on working.
    if reset is None or not hit("reset_codes", str(reset.user_id)) or not reset.has_code(code):
        raise BadCode
    try:
        use(reset, password)
    except Invalid:
        reset.forgive()
        raise


@transaction.atomic
def use(reset: PasswordReset, password: str) -> None:
    """Whoever reads the mails of an account has it: with a new password, everybody else is out."""
    user = reset.user
    if user.is_kept_away:
        raise BadToken
    refuse_weak(user, password)
    is_theirs = User.objects.filter(pk=user.pk, email=reset.address)
    if not (reset.use() and is_theirs.update(email_verified=True) and set_password(user, password)):
        raise BadToken
    RefusedAddress.objects.clear(reset.address)
    sessions.end_all(user=user)


def change_password(*, session: Session, current: str, new: str, client: Client) -> None:
    user = check_credentials(name=session.user.username, password=current, client=client, is_signed_in=True)
    if user is None:
        raise WrongOldPassword
    refuse_weak(user, new, field="new_password")
    with transaction.atomic():
        if not set_password(user, new):
            raise WrongOldPassword
        sessions.end_others(session=session)


def refuse_weak(user: User, password: str, field: str = "password") -> None:
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise Invalid({field: list(error.messages)}) from error


def set_password(user: User, password: str | None) -> bool:
    """Instead of the one that `user` was read with; False if it has become another one meanwhile.

    None for none with which to sign in. What was begun with the former one, a reset or another address, ends; whoever
    guessed begins anew.
    """
    former = user.password
    user.set_password(password)
    if not User.objects.filter(pk=user.pk, password=former).update(password=user.password, new_email=""):
        return False
    PasswordReset.objects.filter(pk=user.pk).delete()
    forget_failures(user)
    queue_mail(kind="password_changed", user=user)
    return True
