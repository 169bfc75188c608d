"""ID tokens: whose signature they carry, who made them, for whom, and for which login."""

import time
from functools import cache
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from apps.accounts.errors import ProviderRefused
from apps.accounts.oauth.client import ProviderClient

ALGORITHMS = ["RS256", "ES256"]
REQUIRED = ["iss", "aud", "sub", "exp", "iat"]
CLOCKS_DIFFER_SECONDS = 30
KEPT_SECONDS = 300
LOOKED_AGAIN_SECONDS = 60


class KeySet:
    """A provider's public keys: kept for five minutes, and read again for an unknown one at most once a minute."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, jwt.PyJWK] = {}
        self.read_at = float("-inf")

    def find(self, key_id: str, client: ProviderClient) -> jwt.PyJWK:
        age = time.monotonic() - self.read_at
        if age > KEPT_SECONDS or (key_id not in self.keys and age > LOOKED_AGAIN_SECONDS):
            answer = client.get(self.url)
            try:
                keys = jwt.PyJWKSet.from_dict(answer).keys
                self.keys = {key.key_id: key for key in keys if key.key_id and key.public_key_use in (None, "sig")}
            except (jwt.PyJWTError, AttributeError, TypeError) as error:
                raise client.down("no keys") from error
            self.read_at = time.monotonic()
        if key_id not in self.keys:
            raise ProviderRefused
        return self.keys[key_id]


@cache
def key_set(url: str) -> KeySet:
    return KeySet(url)


def read_id_token(
    token: str, *, keys_url: str, issuers: list[str], client_ids: list[str], nonce: str | None, client: ProviderClient
) -> dict[str, Any]:
    """What it says; ProviderRefused if it is not theirs, not for us, too old or, with a `nonce`, of another login."""
    try:
        key_id = str(jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key_set(keys_url).find(key_id, client),
            algorithms=ALGORITHMS,
            issuer=issuers,
            audience=client_ids,
            leeway=CLOCKS_DIFFER_SECONDS,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise ProviderRefused from error
    is_for_others_too = not isinstance(claims["aud"], str)
    if is_for_others_too or not (nonce is None or constant_time_compare(str(claims.get("nonce")), nonce)):
        raise ProviderRefused
    return claims
