"""Signing in and out, one session row per device."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session as ConsoleSession
from django.db import transaction
from django.utils import timezone

from apps.accounts.credentials import check_credentials
from apps.accounts.devices import device_name
from apps.accounts.errors import AccountDeactivated, AccountInactive, BadCredentials, TokenReused
from apps.accounts.models import (
    ExchangedCode,
    KnownAddress,
    KnownDevice,
    PasswordReset,
    Session,
    SpentState,
    User,
    person,
)
from apps.accounts.schemas import OwnProfileOut
from apps.accounts.services.mfa import check_second_factor, pass_second_step
from apps.accounts.tokens import Claims, Purpose, make_reactivation, make_token, new_token_id, read_token
from apps.core.http import counters
from apps.core.http.clients import Client
from apps.core.http.errors import InvalidToken
from apps.core.http.links import API
from apps.core.http.throttling import guard
from apps.core.mail.outbox import queue_mail
from apps.core.reading.shapes import Item, show
from apps.live import services as live
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify

PREDECESSOR_LIVES = timedelta(seconds=30)
"""So long a refresh token that was swapped still gets the pair that came of it."""
MAX_SESSIONS = 100
"""Devices that one person may be signed in with."""
ENDED_AT_ONCE = 20


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True)
class SignedIn(Tokens):
    user: Item
    """As `OwnProfileOut` shows them."""


def login(*, name: str, password: str, otp: str | None = None, client: Client) -> SignedIn:
    """By a password and, where a second step is on, a code."""
    user = check_credentials(name=name, password=password, client=client)
    if user is None:
        raise BadCredentials
    check_second_factor(user=user, otp=otp, client=client)
    return admit(user=user, client=client)


def finish_login(*, token: str, otp: str | None, client: Client) -> SignedIn:
    """The second step, for pages: `token` is that of the OtpRequired with which the first one ended."""
    return admit(user=pass_second_step(token=token, otp=otp, client=client), client=client)


def admit(*, user: User, client: Client) -> SignedIn:
    """Who has shown that it is they; somebody who is away gets what brings them back."""
    if user.state == User.State.DEACTIVATED:
        raise AccountDeactivated(make_reactivation(user))
    return sign_in(user=user, client=client)


def sign_in(*, user: User, client: Client) -> SignedIn:
    tokens = open_session(user=user, client=client)
    return SignedIn(**vars(tokens), user=show(person(user.pk), OwnProfileOut).one())


def count_login(*, user: User, client: Client) -> None:
    """Of those that succeed; refused when it was one too many."""
    guard("login", str(user.pk), client.network)


@transaction.atomic
def note_login(*, user: User, client: Client) -> None:
    """Remember whence and with what `user` signed in, and tell them of a new device; an account's first is none.

    `user` is as it was before this login.
    """
    KnownAddress.objects.remember(user.pk, client)
    device = device_name(client.user_agent)
    if KnownDevice.objects.remember(user.pk, device) and user.last_login:
        notify(receiver=user, code="new_login", actor=None, redirect=leads_to_sessions(user), device=device)
        queue_mail(kind="new_login", user=user)


def leads_to_sessions(user: User) -> Redirect:
    return Redirect(kind="sessions", id=user.pk, url=f"{API}/users/auth/sessions")


@transaction.atomic
def open_session(*, user: User, client: Client) -> Tokens:
    """A new session of an active account; of too many, those that were unused for longest end."""
    count_login(user=user, client=client)
    now = timezone.now()
    # First: an account that is being switched off ends the sessions it has after this, or is inactive here.
    # Whose suspension is over is back by this.
    # And whoever knew a password that has been changed since it was compared is not let in.
    here = User.objects.active(now).filter(pk=user.pk)
    if not here.filter(password=user.password).update(is_active=True, suspended_until=None, last_login=now):
        raise BadCredentials if here.exists() else AccountInactive
    session = Session.objects.create(
        user=user,
        refresh_id=new_token_id(),
        user_agent=client.user_agent,
        device=device_name(client.user_agent),
        ip=client.address or None,
        expires_at=now + timedelta(days=settings.SESSION_DAYS),
    )
    living = Session.objects.alive(now).filter(user=user).order_by("-last_used_at", "-pk")
    for surplus in living[MAX_SESSIONS : MAX_SESSIONS + ENDED_AT_ONCE]:
        logout(session=surplus)
    note_login(user=user, client=client)
    return tokens_of(session)


def tokens_of(session: Session) -> Tokens:
    """The pair of a session: a new access token, and the refresh token that counts, always in the same words."""
    made_at = session.rotated_at or session.created_at
    access = Claims(session.user_id, session.pk, new_token_id(), time.time() + settings.ACCESS_TOKEN_SECONDS)
    refresh = Claims(session.user_id, session.pk, session.refresh_id, session.expires_at.timestamp())
    return Tokens(
        access=make_token(Purpose.ACCESS, access),
        refresh=make_token(Purpose.REFRESH, refresh, issued_at=made_at.timestamp()),
        expires_in=settings.ACCESS_TOKEN_SECONDS,
    )


def end_suspension_that_is_over(*, user: User) -> None:
    """For logins without a session of ours: the console looks at the column."""
    if (
        User.objects.active(timezone.now())
        .filter(pk=user.pk, is_active=False)
        .update(is_active=True, suspended_until=None)
    ):
        user.is_active = True


def refresh(*, token: str, client: Client) -> Tokens:
    """New tokens for the one refresh token that still counts.

    Its predecessor gets the same ones for a while, since an answer may be lost, and two tabs may ask at once; any
    other ends the session.
    """
    claims = read_token(token, Purpose.REFRESH)
    now = timezone.now()
    sessions = Session.objects.filter(pk=claims.session_id, user=claims.user_id)
    # Conditions on this one row only: PostgreSQL does not look again at a joined one after waiting for a lock.
    current = sessions.filter(refresh_id=claims.token_id, revoked_at=None, expires_at__gt=now)
    swapped = {"refresh_id": new_token_id(), "previous_refresh_id": claims.token_id, "rotated_at": now}
    lately = {"previous_refresh_id": claims.token_id, "rotated_at__gt": now - PREDECESSOR_LIVES}
    # Together: whoever comes with the same token waits, and then finds it swapped.
    with transaction.atomic():
        rotated = current.update(**swapped, last_used_at=now)
        session = sessions.alive(now).filter(**lately).first()
        if rotated and session:
            KnownAddress.objects.remember(session.user_id, client)
    if session:
        return tokens_of(session)
    if not rotated and (stolen := sessions.exclude(refresh_id=claims.token_id).first()):
        logout(session=stolen)
        raise TokenReused
    raise InvalidToken


@transaction.atomic
def logout(*, session: Session) -> None:
    if Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=timezone.now()):
        live.end_session(user_id=session.user_id, session_id=session.pk)


@transaction.atomic
def end_others(*, session: Session) -> None:
    """All of this person but `session`, with their streams."""
    others = Session.objects.alive().of(session.user_id).exclude(pk=session.pk)
    # Taken in the order of their ids: two devices may end each other.
    ended = list(others.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    Session.objects.filter(pk__in=ended).update(revoked_at=timezone.now())
    for session_id in ended:
        live.end_session(user_id=session.user_id, session_id=session_id)


@transaction.atomic
def end_all(*, user: User) -> None:
    if Session.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now()):
        live.end_session(user_id=user.pk)


def shut_out(*, user: User) -> None:
    """End all sessions of somebody, those of the console too: none comes back to life with the account."""
    end_all(user=user)
    if user.is_staff:
        alive = ConsoleSession.objects.filter(expire_date__gt=timezone.now())
        theirs = [row.pk for row in alive if row.get_decoded().get("_auth_user_id") == str(user.pk)]
        ConsoleSession.objects.filter(pk__in=theirs).delete()


def prune_sessions() -> None:
    Session.objects.long_dead().delete()
    PasswordReset.objects.expired().delete()
    ExchangedCode.objects.expired().delete()
    SpentState.objects.expired().delete()
    KnownAddress.objects.outdated().delete()
    KnownDevice.objects.outdated().delete()
    counters.prune()
