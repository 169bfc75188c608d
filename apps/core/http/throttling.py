"""How often one caller may do one thing. Rates stand in the settings; docs/api.md lists them."""

import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from limits.util import WindowStats
from ninja.throttling import BaseThrottle
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.core.http.clients import client_address, network_of
from apps.core.http.counters import DatabaseCounters
from apps.core.http.errors import Throttled

logger = logging.getLogger(__name__)
T = TypeVar("T")

KEPT_IN_DATABASE = {
    *("login_failures", "login_failures_per_address", "login_failures_per_account"),
    *("otp", "otp_per_account", "reset_codes"),
}
"""What guards passwords outlasts a restart."""
KEPT_BY_PROCESS = {"login", "forgot", "forgot_per_address", "reset"}
"""While Redis is away, each process counts it for itself."""
REDIS_SECONDS = 0.2
REDIS_REST_SECONDS = 1
"""While Redis is away, a request tries it this often, not each time."""

redis_rests_until = 0.0
asked_counters: ContextVar[set[tuple[str, ...]] | None] = ContextVar("asked_counters", default=None)


class Limiter(Protocol):
    """What is asked of counters, wherever they are kept."""

    def hit(self, item: RateLimitItem, /, *key: str) -> bool: ...

    def get_window_stats(self, item: RateLimitItem, /, *key: str) -> WindowStats: ...

    def clear(self, item: RateLimitItem, /, *key: str) -> None: ...


database_counters = DatabaseCounters()


@lru_cache(maxsize=1)
def own_limiter() -> FixedWindowRateLimiter:
    """The counters of this process."""
    return FixedWindowRateLimiter(storage_from_string("memory://"))


@lru_cache(maxsize=1)
def limiter() -> FixedWindowRateLimiter:
    """The counters that all processes share, where there is Redis."""
    if not settings.REDIS_URL:
        return own_limiter()
    options: dict[str, Any] = {
        "socket_connect_timeout": REDIS_SECONDS,
        "socket_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    # limits knows a socket by another name than redis-py.
    address = re.sub("^unix:", "redis+unix:", settings.REDIS_URL)
    return FixedWindowRateLimiter(storage_from_string(address, **options))


@lru_cache
def rate_of(name: str) -> RateLimitItem:
    return parse(settings.THROTTLE_RATES[name])


def ask(question: Callable[[Limiter], T], name: str, *caller: str, otherwise: T) -> T:
    """What the counters of `name` answer, or else `otherwise`; those that answered are noted for the headers."""
    answer = question(database_counters) if name in KEPT_IN_DATABASE else ask_shared(question, name, otherwise)
    if (asked := asked_counters.get()) is not None:
        asked.add((name, *caller))
    return answer


def ask_shared(question: Callable[[Limiter], T], name: str, otherwise: T) -> T:
    """While Redis is down, what this process has counted, or else `otherwise`."""
    global redis_rests_until  # noqa: PLW0603  # one for the process
    if time.monotonic() >= redis_rests_until:
        try:
            return question(limiter())
        except RedisError as error:
            redis_rests_until = time.monotonic() + REDIS_REST_SECONDS
            logger.warning("the request counters are down: %s", error)
    return question(own_limiter()) if name in KEPT_BY_PROCESS else otherwise


def hit(name: str, *caller: str) -> bool:
    """Count one; False when it was one too many."""
    if not settings.THROTTLES:
        return True
    return ask(lambda limiter: limiter.hit(rate_of(name), name, *caller), name, *caller, otherwise=True)


def window(name: str, *caller: str) -> tuple[int, int]:
    """How many are left, and the seconds until all are back."""

    def read(limiter: Limiter) -> tuple[int, int]:
        stats = limiter.get_window_stats(rate_of(name), name, *caller)
        return max(stats.remaining, 0), max(math.ceil(stats.reset_time - time.time()), 1)

    return ask(read, name, *caller, otherwise=(rate_of(name).amount, 0))


def figures(name: str, *caller: str) -> dict[str, str]:
    """The headers of a limited answer."""
    remaining, seconds = window(name, *caller)
    return {
        "X-RateLimit-Limit": str(rate_of(name).amount),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(seconds),
    }


def refusal(name: str, *caller: str) -> Throttled:
    shown = figures(name, *caller)
    return Throttled(int(shown["X-RateLimit-Reset"]), shown)


def guard(name: str, *caller: str) -> None:
    """Count one attempt and refuse it when it was one too many."""
    if not hit(name, *caller):
        raise refusal(name, *caller)


def refuse_spent(name: str, *caller: str) -> None:
    """Refuse when nothing is left, without counting this one."""
    if settings.THROTTLES and not window(name, *caller)[0]:
        raise refusal(name, *caller)


def forgive(name: str, *caller: str) -> None:
    """The attempt was a good one: begin again at zero."""
    if settings.THROTTLES:
        ask(lambda limiter: limiter.clear(rate_of(name), name, *caller), name, *caller, otherwise=None)


@contextmanager
def counters_noted() -> Iterator[None]:
    """Within this, `tightest_figures` knows which counters were asked."""
    token = asked_counters.set(set())
    try:
        yield
    finally:
        asked_counters.reset(token)


def tightest_figures() -> dict[str, str]:
    """The headers of an answer, from that of the counters asked for it which has least left; {} if none was asked."""
    shown = [figures(*counter) for counter in sorted(asked_counters.get() or ())]
    return min(shown, key=tightness, default={})


def tightness(headers: dict[str, str]) -> tuple[int, int]:
    return int(headers["X-RateLimit-Remaining"]), -int(headers["X-RateLimit-Reset"])


def caller_of(request: HttpRequest) -> str:
    """Whom a request counts for: the person, or the network of its address where nobody is signed in."""
    is_signed_in = hasattr(request, "auth") and request.user.pk
    return str(request.user.pk) if is_signed_in else network_of(client_address(request))


class Throttle(BaseThrottle):
    """For an operation: per person, or per address where nobody is signed in."""

    def __init__(self, name: str) -> None:
        self.name = name

    def allow_request(self, request: HttpRequest) -> bool:
        return not settings.THROTTLES or self.count(caller_of(request))

    def count(self, caller: str) -> bool:
        return hit(self.name, caller)


class SpentThrottle(Throttle):
    """Refuses when nothing is left, without counting: what counts is decided later."""

    def count(self, caller: str) -> bool:
        try:
            return window(self.name, caller)[0] > 0
        except (OperationalError, InterfaceError):
            return True  # ninja answers errors of operations only: this one will find the database down itself
