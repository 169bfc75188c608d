"""Writing what people are told of, and reading their logs as their clients do."""

from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.live.services import publish
from apps.messaging.schemas import DeletedOut, MessageDeletedEvent
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify
from tests.client import ApiClient

SOMEWHERE = Redirect(kind="profile", id=1, url="/api/v1/users/profile/somebody")


def say(sender: User, receiver: User, content: str = "Hi") -> Any:
    """The message; both are told of it, and its receiver of a notification."""
    response = ApiClient(sender).post("/chat", {"receiver_id": receiver.pk, "content": content})
    assert response.status_code == 201, response.content
    return response.json()["data"]


@transaction.atomic
def greet(user: User, times: int = 1, actor: User | None = None) -> None:
    """So many notifications, in one transaction."""
    for _ in range(times):
        notify(receiver=user, code="welcome", actor=actor, redirect=SOMEWHERE)


@transaction.atomic
def tell(user: User, times: int) -> None:
    """So many events, of a kind that costs little."""
    for number in range(times):
        publish([user.pk], MessageDeletedEvent(data=DeletedOut(id=number, conversation=1)))


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


def numbers(first, last):
    return [str(number) for number in range(first, last + 1)]
