"""The demo people one can sign in as, and the password of all of them."""

import base64
import hashlib
import hmac
from typing import NamedTuple

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

    @property
    def about(self) -> str:
        known = [self.role, f"console: {self.group.replace('-', ' ').capitalize()}" if self.group else self.note]
        return ", ".join(filter(None, known))


LOGINS = [
    Login("mia", "influencer", "Mia", "Almeida", True, "PT", "Lisbon", "food"),
    Login("tavira", "brand", "Tavira & Thyme", "", True, "PT", "Lisbon", "pantry", "Tavira & Thyme"),
    Login("tomas", "entrepreneur", "Tomás", "Herrera", False, "ES", "Madrid", "climate", "Rondoloop"),
    Login("priya", "investor", "Priya", "Raman", True, "GB", "London", "climate", "Monsoon Seed"),
    Login("vera", "staff", "Vera", "Lindner", True, "DE", "Berlin", group="platform-admin"),
    Login("ada", "staff", "Ada", "Okafor", True, "GB", "London", is_superuser=True, note="console: everything"),
    Login("bruno", "staff", "Bruno", "Keller", False, "DE", "Hamburg", group="brand-manager"),
    Login("ines", "staff", "Inês", "Tavares", True, "PT", "Lisbon", group="influencer-manager"),
    Login("greta", "staff", "Greta", "Sommer", True, "DE", "Berlin", group="content-moderator"),
    Login("conrad", "staff", "Conrad", "Hale", False, "GB", "London", group="community-manager"),
    Login("sofia", "staff", "Sofía", "Marín", True, "ES", "Madrid", group="support"),
    Login("dario", "staff", "Darío", "Vega", False, "ES", "Madrid", group="dispute-manager"),
    Login("tess", "staff", "Tess", "Whitlock", True, "GB", "London", group="trainee"),
    Login("otto", "staff", "Otto", "Brandt", False, "DE", "Berlin", group="auditor"),
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
        f"  {login.username:8} {secret if hashes[login.username] in ours else '(changed)':16} {login.about}"
        for login in LOGINS
        if login.username in hashes
    )
