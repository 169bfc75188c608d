from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.utils import timezone

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
"""A Wednesday."""


@pytest.fixture
def at(monkeypatch) -> Callable[[datetime], None]:
    """Sets the clock, to noon for the beginning."""

    def move(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    move(NOON)
    return move
