"""Whose an e-mail address is: confirming it, and changing it."""

from django.db import IntegrityError, transaction

from apps.accounts.credentials import confirm
from apps.accounts.errors import AlreadyVerified, WrongPassword
from apps.accounts.models import Session, User
from apps.accounts.tokens import read_verification
from apps.core.http.clients import Client
from apps.core.http.errors import BadToken, Invalid
from apps.core.mail.outbox import queue_mail
from apps.core.models import RefusedAddress

TAKEN = {"email": ["A user with that email already exists."]}


def verify_email(*, token: str) -> None:
    """Of the address that the token was sent to, if it is still theirs or is to become it; again does no harm."""
    user_id, address = read_verification(token)
    person = User.objects.filter(pk=user_id)
    try:
        with transaction.atomic():
            confirmed = person.filter(email=address).update(email_verified=True) or person.filter(
                new_email=address
            ).update(email=address, email_verified=True, new_email="")
    except IntegrityError as error:  # it has become somebody else's meanwhile
        raise BadToken from error
    if not confirmed:
        raise BadToken
    RefusedAddress.objects.clear(address)


def resend_verification(*, user: User) -> None:
    if user.email_verified and not RefusedAddress.objects.holds(user.email):
        raise AlreadyVerified
    queue_mail(kind="verify_email", user=user)


def change_email(*, session: Session, address: str, password: str, client: Client) -> None:
    """Ask for another address: it counts once it is confirmed, and only the last one asked for can be."""
    user = session.user
    confirm(session=session, password=password, client=client)
    if address == user.email:
        raise Invalid({"email": ["This is your address already."]})
    if User.objects.with_login(address).exists():
        raise Invalid(TAKEN, code="email_taken")
    with transaction.atomic():
        # Not if they have got another password since this one was compared.
        if not User.objects.filter(pk=user.pk, password=user.password).update(new_email=address):
            raise WrongPassword
        queue_mail(kind="verify_email", user=user, address=address)
        queue_mail(kind="address_change_asked", user=user)
