"""The demo people one can sign in as, and the password of all of them."""

import base64
import hashlib
import hmac
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import check_password

from apps.accounts.models import User, UserQuerySet

DOMAIN = "demo.example"
"""Nobody's: the top-level domain `example` is reserved (RFC 2606). It is what tells demo people from others."""


class Login(NamedTuple):
    username: str
    role: str
    first: str
    last: str
    woman: bool
    country: str
    city: str
    theme: str = ""
    company: str = ""
    is_superuser: bool = False
    note: str = ""
    group: str = ""
    """Of the staff: the slug of a seeded group."""


def member_of(group: str, username: str, *known: Any) -> Login:
    """One of the staff."""
    title = group.replace("-", " ").capitalize()
    return Login(username, "staff", *known, note=f"console: {title}", group=group)


LOGINS = [
    Login("mia", "influencer", "Mia", "Almeida", True, "PT", "Lisbon", "food"),
    Login("tavira", "brand", "Tavira & Thyme", "", True, "PT", "Lisbon", "pantry", "Tavira & Thyme"),
    Login("tomas", "entrepreneur", "Tomás", "Herrera", False, "ES", "Madrid", "climate", "Rondoloop"),
    Login("priya", "investor", "Priya", "Raman", True, "GB", "London", "climate", "Monsoon Seed"),
    member_of("platform-admin", "vera", "Vera", "Lindner", True, "DE", "Berlin"),
    Login("ada", "staff", "Ada", "Okafor", True, "GB", "London", is_superuser=True, note="console: everything"),
    member_of("brand-manager", "bruno", "Bruno", "Keller", False, "DE", "Hamburg"),
    member_of("influencer-manager", "ines", "Inês", "Tavares", True, "PT", "Lisbon"),
    member_of("content-moderator", "greta", "Greta", "Sommer", True, "DE", "Berlin"),
    member_of("community-manager", "conrad", "Conrad", "Hale", False, "GB", "London"),
    member_of("support", "sofia", "Sofía", "Marín", True, "ES", "Madrid"),
    member_of("dispute-manager", "dario", "Darío", "Vega", False, "ES", "Madrid"),
    member_of("trainee", "tess", "Tess", "Whitlock", True, "GB", "London"),
    member_of("auditor", "otto", "Otto", "Brandt", False, "DE", "Berlin"),
]
NAMES = [login.username for login in LOGINS]


def email_of(username: str) -> str:
    return f"{username}@{DOMAIN}"


def demo_people() -> UserQuerySet:
    return User.objects.filter(email__endswith=f"@{DOMAIN}")


def is_there() -> bool:
    return User.objects.with_login(email_of(LOGINS[0].username)).exists()


def password() -> str:
    """Made from SECRET_KEY: the same at every start, another one in every installation, and stored nowhere."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"the password of the demo people", hashlib.sha256)
    letters = base64.b32encode(digest).decode().lower()
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def table() -> str:
    """One line for each login that is there."""
    hashes = dict(demo_people().filter(username__in=NAMES).values_list("username", "password"))
    secret = password()
    # They share one hash until somebody changes theirs, and to check one takes its time on purpose.
    ours = {encoded for encoded in set(hashes.values()) if check_password(secret, encoded)}
    return "\n".join(
        f"  {login.username:8} {secret if hashes[login.username] in ours else '(changed)':16} {login.role}"
        f"{', ' + login.note if login.note else ''}"
        for login in LOGINS
        if login.username in hashes
    )
