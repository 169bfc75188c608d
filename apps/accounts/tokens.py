"""Signed tokens, with the care RFC 8725 asks for: one algorithm, one purpose each, a key of their own."""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import jwt
from django.conf import settings
from django.core import signing

from apps.accounts.models import User
from apps.core.http.errors import BadToken, InvalidToken

ALGORITHM = "HS256"
ISSUER = "infloo"
REACTIVATION = "reactivation"
REACTIVATION_SECONDS = 15 * 60
SECOND_STEP = "second-step"
SECOND_STEP_SECONDS = 5 * 60
VERIFICATION = "verify-email"
VERIFICATION_DAYS = 3


class Purpose(StrEnum):
    """Also the audience and the `typ` header, so that no token passes for another kind."""

    ACCESS = "infloo-access"
    REFRESH = "infloo-refresh"


@dataclass(frozen=True)
class Claims:
    user_id: int
    session_id: int
    token_id: str
    expires_at: float
    """In seconds since 1970."""


def new_token_id() -> str:
    return secrets.token_hex(16)


def make_token(purpose: Purpose, claims: Claims, *, issued_at: float | None = None) -> str:
    """A token that says this, the same one for the same moment; `issued_at` is in seconds since 1970, or now."""
    payload = {
        "iss": ISSUER,
        "aud": purpose,
        "sub": str(claims.user_id),
        "sid": claims.session_id,
        "jti": claims.token_id,
        "iat": int(time.time() if issued_at is None else issued_at),
        "exp": int(claims.expires_at),
    }
    return jwt.encode(payload, settings.TOKEN_KEY, algorithm=ALGORITHM, headers={"typ": f"{purpose}+jwt"})


def read_token(token: str, purpose: Purpose) -> Claims:
    """What a token of this purpose says; anything else about it is InvalidToken."""
    try:
        decoded = jwt.decode_complete(
            token,
            settings.TOKEN_KEY,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=purpose,
            options={"require": ["iss", "aud", "sub", "sid", "jti", "iat", "exp"]},
        )
        payload = decoded["payload"]
        if decoded["header"].get("typ") != f"{purpose}+jwt":
            raise InvalidToken
        return Claims(
            user_id=int(payload["sub"]),
            session_id=int(payload["sid"]),
            token_id=str(payload["jti"]),
            expires_at=float(payload["exp"]),
        )
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise InvalidToken from error


def reactivation_facts(user: User) -> list[Any]:
    """What a token to reactivate names: it is worthless once the account is back, or has another password."""
    return [user.pk, str(user.deactivated_at), user.get_session_auth_hash()]


def make_reactivation(user: User) -> str:
    return signing.dumps(reactivation_facts(user), salt=REACTIVATION)


def read_reactivation(token: str) -> list[Any]:
    """The facts of a token that was made in the last 15 minutes."""
    try:
        facts: list[Any] = signing.loads(token, salt=REACTIVATION, max_age=REACTIVATION_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    return facts


def make_second_step(user: User) -> str:
    """That somebody has shown their password; worth nothing without a code, nor once they have another password."""
    return signing.dumps([user.pk, user.get_session_auth_hash()], salt=SECOND_STEP)


def read_second_step(token: str) -> tuple[int, str]:
    """Person and hash of their password, of a token that was made in the last minutes."""
    try:
        user_id, password_hash = signing.loads(token, salt=SECOND_STEP, max_age=SECOND_STEP_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    return user_id, password_hash


def make_verification(user_id: int, address: str) -> str:
    """Whoever has this token reads what is sent to the address."""
    return signing.dumps([user_id, address], salt=VERIFICATION)


def read_verification(token: str) -> tuple[int, str]:
    """Person and address of a token that was made in the last days."""
    try:
        user_id, address = signing.loads(token, salt=VERIFICATION, max_age=timedelta(days=VERIFICATION_DAYS))
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    return user_id, address
