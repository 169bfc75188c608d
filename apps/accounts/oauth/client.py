"""How providers are asked: within a time, without redirects, and no more than they should have to say."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore
from typing import Any

import httpx
import orjson
from django.conf import settings

from apps.accounts.errors import ProviderDown, ProviderRefused

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 8.0
"""So long a provider may be silent."""
LOGIN_SECONDS = 16.0
"""So long all the questions of one login may take."""
MAX_BYTES = 256 * 1024
ERROR_CODE = re.compile(r"[a-z_]{1,50}")


@cache
def places() -> BoundedSemaphore:
    """For the logins of this process that may wait for providers: a slow one must not take all of its threads."""
    return BoundedSemaphore(settings.OAUTH_AT_ONCE)


class ProviderClient:
    """Asks the provider `name`, for one login."""

    def __init__(self, name: str, http: httpx.Client) -> None:
        self.name = name
        self.http = http
        self.ends_at = time.monotonic() + LOGIN_SECONDS

    def get(self, url: str, *, params: dict[str, str] | None = None, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        return self.ask("GET", url, params=params, headers=headers)

    def post(self, url: str, **sent: Any) -> Any:
        return self.ask("POST", url, **sent)

    def ask(self, method: str, url: str, **sent: Any) -> Any:
        """The JSON that it answers; ProviderRefused where it says no, ProviderDown where it says nothing of use."""
        try:
            with self.http.stream(method, url, timeout=self.timeout(), **sent) as response:
                status, answer = response.status_code, orjson.loads(self.body(response))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, orjson.JSONDecodeError) as error:
            raise self.down(type(error).__name__) from None  # its words may hold the address with the token
        if status == 429 or not (200 <= status < 300 or 400 <= status < 500):
            raise self.down(str(status))
        if not isinstance(answer, dict | list):
            raise self.down("neither object nor list")
        if status >= 400 or (isinstance(answer, dict) and names_error(answer)):
            raise self.refused(status, answer)
        return answer

    def body(self, response: httpx.Response) -> bytes:
        read = b""
        for chunk in response.iter_raw():
            read += chunk
            if len(read) > MAX_BYTES or time.monotonic() > self.ends_at:
                raise self.down("too large or too slow")
        return read

    def timeout(self) -> httpx.Timeout:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise self.down("too slow")
        return httpx.Timeout(min(left, ANSWER_SECONDS), connect=min(left, CONNECT_SECONDS))

    def down(self, reason: str) -> ProviderDown:
        logger.warning("%s is down: %s", self.name, reason)
        return ProviderDown()

    def refused(self, status: int, answer: Any) -> ProviderRefused:
        """What it calls the reason is worth a line, since a wrong secret is refused like a wrong code."""
        reason = str(answer.get("error", "")) if isinstance(answer, dict) else ""
        logger.info("%s refused: %s %s", self.name, status, reason if ERROR_CODE.fullmatch(reason) else "")
        return ProviderRefused()


def names_error(answer: dict[str, Any]) -> bool:
    """Some say no with status 200; TikTok says `ok` where others say nothing."""
    error = answer.get("error")
    return bool(error) and not (isinstance(error, dict) and error.get("code") == "ok")


@contextmanager
def asking(name: str) -> Iterator[ProviderClient]:
    """A client for one login; ProviderDown if too many wait for providers already."""
    if not places().acquire(blocking=False):
        raise ProviderDown
    try:
        # Unpacked, a small answer could be a large one.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Infloo"}
        with httpx.Client(headers=headers, follow_redirects=False) as http:
            yield ProviderClient(name, http)
    finally:
        places().release()
