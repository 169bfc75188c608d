"""What every provider of logins has in common; `providers.py` says how each differs.

Another one is a class there and a value of `LinkedLogin.Provider`. One that signs its own secret (Apple) overrides
`exchange`.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from apps.accounts.errors import ProviderRefused
from apps.accounts.oauth.client import ProviderClient
from apps.accounts.oauth.id_tokens import read_id_token
from apps.accounts.schemas import check_email

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as a provider says."""

    provider: str
    subject: str
    """By what it knows them, for good."""
    email: str = ""
    email_verified: bool = False
    """Whether it knows that the address is theirs: only then it leads to an account that is there."""
    handle: str = ""
    first_name: str = ""
    last_name: str = ""
    followers: int = 0


@dataclass(frozen=True)
class Grant:
    """A code, as it came back to `redirect_uri`."""

    code: str
    redirect_uri: str
    code_verifier: str | None = None
    nonce: str | None = None


@dataclass(frozen=True)
class Provider(ABC):
    """One provider, as this installation is known there: the first client id is the one the secret belongs to."""

    client_ids: list[str]
    secret: str
    base_url: str

    name: ClassVar[str]
    title: ClassVar[str]
    login_url: ClassVar[str]
    exchange_url: ClassVar[str]
    scope: ClassVar[str]
    keys_url: ClassVar[str] = ""
    """Empty where it makes no ID tokens."""
    issuers: ClassVar[list[str]] = []
    has_pkce: ClassVar[bool] = True
    client_id_name: ClassVar[str] = "client_id"

    def url(self, address: str) -> str:
        """Where that is: all of a provider's hosts are one if it is reached at another base URL."""
        return self.base_url + urlsplit(address).path if self.base_url else address

    def login_address(self, *, redirect_uri: str, state: str, nonce: str, code_challenge: str) -> str:
        """Where somebody is sent to sign in."""
        asked = {
            self.client_id_name: self.client_ids[0],
            "response_type": "code",
            "scope": self.scope,
            "redirect_uri": redirect_uri,
            "state": state,
        }
        if self.keys_url:
            asked["nonce"] = nonce
        if self.has_pkce:
            asked |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
        return f"{self.url(self.login_url)}?{urlencode(asked)}"

    def exchange(self, client: ProviderClient, grant: Grant) -> dict[str, Any]:
        """The tokens that it gives for a code, once."""
        sent = {
            self.client_id_name: self.client_ids[0],
            "client_secret": self.secret,
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.redirect_uri,
        }
        if grant.code_verifier is not None:
            sent["code_verifier"] = grant.code_verifier
        answer: dict[str, Any] = client.post(self.url(self.exchange_url), data=sent)
        return answer

    def by_code(self, client: ProviderClient, grant: Grant) -> Identity:
        return self.owner(client, text(self.exchange(client, grant), "access_token"))

    def by_access_token(self, client: ProviderClient, token: str) -> Identity:
        """Only where the provider tells for whom a token was made: another app's would do as well otherwise."""
        raise ProviderRefused(f"{self.title} does not tell for whom its access tokens are: send a code.")

    def by_id_token(self, client: ProviderClient, token: str, nonce: str | None) -> Identity:
        if not self.keys_url:
            raise ProviderRefused(f"{self.title} has no ID tokens.")
        issuers = [self.base_url] if self.base_url else self.issuers
        keys_url = self.url(self.keys_url)
        claims = read_id_token(
            token, keys_url=keys_url, issuers=issuers, client_ids=self.client_ids, nonce=nonce, client=client
        )
        return self.identity(
            claims["sub"],
            email=at(claims, "email"),
            email_verified=at(claims, "email_verified"),
            first_name=at(claims, "given_name"),
            last_name=at(claims, "family_name"),
        )

    @abstractmethod
    def owner(self, client: ProviderClient, token: str) -> Identity:
        """Whose access token it is, which was made for us."""

    def refuse_foreign(self, client_id: Any) -> None:
        if client_id not in self.client_ids:
            raise ProviderRefused

    def identity(
        self, subject: Any, *, email: Any = None, email_verified: Any = False, followers: Any = 0, **told: Any
    ) -> Identity:
        """What a provider said, made fit to be kept."""
        if not (isinstance(subject, str | int) and 0 < len(str(subject)) <= 255):
            raise ProviderRefused
        known = address(email)
        return Identity(
            provider=self.name,
            subject=clean(str(subject), 255),
            email=known,
            email_verified=bool(known) and email_verified in (True, "true"),
            followers=followers if isinstance(followers, int) and 0 <= followers < 2**53 else 0,
            **{name: clean(value, 100) for name, value in told.items()},
        )


def at(answer: Any, *path: str) -> Any:
    """What stands there in an answer; None if nothing does."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def text(answer: Any, *path: str) -> str:
    """The same, of an answer that is worth nothing without it."""
    value = at(answer, *path)
    if not isinstance(value, str | int) or not str(value):
        raise ProviderRefused
    return str(value)


def clean(value: Any, length: int) -> str:
    return UNPRINTABLE.sub("", value).strip()[:length] if isinstance(value, str) else ""


def address(value: Any) -> str:
    """As it is kept here; nothing if it is none."""
    try:
        return check_email(value) if isinstance(value, str) else ""
    except ValueError:
        return ""
