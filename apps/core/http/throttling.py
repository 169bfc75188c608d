"""How often one caller may do one thing. Rates stand in the settings; docs/api.md lists them."""

import logging
import math
import time
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from apps.core.http.clients import client_address, network_of
from apps.core.http.errors import Throttled

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def limiter() -> FixedWindowRateLimiter:
    if not settings.REDIS_URL:
        return FixedWindowRateLimiter(storage_from_string("memory://"))
    quick = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
    return FixedWindowRateLimiter(storage_from_string(settings.REDIS_URL, **quick))


@lru_cache
def rate_of(name: str) -> RateLimitItem:
    return parse(settings.THROTTLE_RATES[name])


def hit(name: str, *caller: str) -> bool:
    """Count one; False when it was one too many. Counters that are down let everybody pass."""
    try:
        return not settings.THROTTLES or limiter().hit(rate_of(name), name, *caller)
    except RedisError:
        logger.exception("the request counters are down")
        return True


def window(name: str, *caller: str) -> tuple[int, int]:
    """How many are left, and the seconds until all are back."""
    try:
        stats = limiter().get_window_stats(rate_of(name), name, *caller)
    except RedisError:
        return rate_of(name).amount, 0
    return max(stats.remaining, 0), max(math.ceil(stats.reset_time - time.time()), 1)


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
    try:
        limiter().clear(rate_of(name), name, *caller)
    except RedisError:
        logger.exception("the request counters are down")


def caller_of(request: HttpRequest) -> str:
    """Whom a request counts for: the person, or the network of its address where nobody is signed in."""
    is_signed_in = hasattr(request, "auth") and request.user.pk
    return str(request.user.pk) if is_signed_in else network_of(client_address(request))


class Throttle(BaseThrottle):
    """For an operation: per person, or per address where nobody is signed in."""

    def __init__(self, name: str) -> None:
        self.name = name

    def allow_request(self, request: HttpRequest) -> bool:
        if not settings.THROTTLES:
            return True
        caller = caller_of(request)
        allowed = self.count(caller)
        request.rate_limit_headers = figures(self.name, caller)  # type: ignore[attr-defined]  # for the API door
        return allowed

    def count(self, caller: str) -> bool:
        return hit(self.name, caller)


class SpentThrottle(Throttle):
    """Refuses when nothing is left, without counting: what counts is decided later."""

    def count(self, caller: str) -> bool:
        return window(self.name, caller)[0] > 0
