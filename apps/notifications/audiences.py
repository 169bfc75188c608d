"""Who is told what by a fan-out: each room declares its audiences in an `audiences.py`, which is found by its name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.accounts.models import User
    from apps.notifications.models import FanOut

Audience = Callable[["FanOut"], "QuerySet[User]"]

AUDIENCES: dict[str, Audience] = {}
"""By notification code."""


def audience_of(*codes: str) -> Callable[[Audience], Audience]:
    """Declare that the decorated function gives the people to tell of a fan-out with one of these notification codes.

    The worker calls it when it begins to tell, so nobody hears of what is gone meanwhile.
    """

    def declare(audience: Audience) -> Audience:
        AUDIENCES.update(dict.fromkeys(codes, audience))
        return audience

    return declare
