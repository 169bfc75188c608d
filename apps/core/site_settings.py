"""What staff set in the console while it runs."""

import time
from functools import lru_cache
from typing import NamedTuple

from constance.utils import get_values

from apps.core.reading.plans import NotCompilable, compiling

FRESH_SECONDS = 2


class SiteSettings(NamedTuple):
    document_retention_days: int
    request_cooldown_days: int
    removed_content_days: int
    appeal_days: int
    require_verification: bool
    chat_requires_connection: bool
    require_staff_mfa: bool
    terms_version: str


def site_settings() -> SiteSettings:
    """All of them, at most two seconds old; not for compiled queries, which would keep them for ever."""
    if compiling.get():
        raise NotCompilable("A compiled query asks for the site settings: let them be one of its arguments.")
    return read(int(time.monotonic() // FRESH_SECONDS))


@lru_cache(maxsize=1)
def read(slot: int) -> SiteSettings:
    return SiteSettings(**get_values())
