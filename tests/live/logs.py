"""Reading somebody's log as their clients do."""

from typing import Any

from apps.accounts.models import User
from tests.client import ApiClient


def poll(user: User, cursor: str | None = None) -> Any:
    response = ApiClient(user).get("/stream/poll" if cursor is None else f"/stream/poll?cursor={cursor}")
    assert response.status_code == 200, response.content
    return response.json()["data"]


def cursor_of(user: User, cursor: str | None = None) -> str:
    """Where their log ends now, or how far one gets from `cursor`."""
    return str(poll(user, cursor)["cursor"])


def told(user: User, cursor: str) -> list[dict[str, Any]]:
    data = poll(user, cursor)
    assert data["reset"] is False
    return list(data["events"])


def events_of(user: User, cursor: str) -> list[str]:
    return [event["event"] for event in told(user, cursor)]
