"""People who are signed in and to whom nothing has happened yet, and what is said to them."""

import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import httpx
from django.db import transaction
from django.test import override_settings

from apps.accounts.models import User
from apps.accounts.tokens import Purpose, make_token, read_token
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify
from tests.client import sign_in
from tests.e2e.conftest import PYTHON, ROOT, Infloo
from tests.e2e.people import data_of
from tests.factories import UserFactory
from tests.races import together


@dataclass(frozen=True)
class Stranger:
    id: int
    token: str
    refresh: str


def strangers(infloo: Infloo, prefix: str, count: int) -> Iterator[Stranger]:
    """Made inside the installation, all at once: registering costs what its password's hash costs."""
    made = infloo.manage("shell", "-v0", "-c", f"from tests.e2e import strangers; strangers.make({prefix!r}, {count})")
    return (Stranger(**fields) for fields in json.loads(made))


def make(prefix: str, count: int) -> None:
    with transaction.atomic():
        users = [UserFactory(username=f"{prefix}{number}", password="!") for number in range(count)]
        tokens = [sign_in(user) for user in users]
    made = [Stranger(user.pk, pair.access, pair.refresh) for user, pair in zip(users, tokens, strict=True)]
    print(json.dumps([asdict(person) for person in made]))


def short_token(infloo: Infloo, person: Stranger, seconds: int) -> str:
    """For the same session, but soon worth nothing."""
    with override_settings(TOKEN_KEY=infloo.environment["TOKEN_KEY"]):
        claims = read_token(person.token, Purpose.ACCESS)
        return make_token(Purpose.ACCESS, replace(claims, expires_at=time.time() + seconds))


@contextmanager
def speaking(infloo: Infloo, person: Stranger) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {person.token}"}
    with httpx.Client(base_url=infloo.api, headers=headers, timeout=60) as client:
        yield client


def say(infloo: Infloo, person: Stranger, receiver: Stranger, content: str) -> None:
    with speaking(infloo, person) as client:
        data_of(client.post("/chat", json={"receiver_id": receiver.id, "content": content}), 201)


def log_of(infloo: Infloo, person: Stranger) -> list[dict[str, Any]]:
    """All that their log holds."""
    events: list[dict[str, Any]] = []
    cursor = "0"
    with speaking(infloo, person) as client:
        while True:
            data = data_of(client.get("/stream/poll", params={"cursor": cursor, "limit": 100}))
            if not data["events"]:
                return events
            events, cursor = events + data["events"], data["cursor"]


def tell_in_step(
    infloo: Infloo, receiver: Stranger, writers: int, each: int, heard: Callable[[], int], ahead: int = 16
) -> None:
    """So many writers at the same time, in a process of their own, never far ahead of what was `heard`."""
    code = f"from tests.e2e import strangers; strangers.tell({receiver.id}, {writers}, {each})"
    command = [PYTHON, "manage.py", "shell", "-v0", "-c", code]
    allowed, since = 0, time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, env=infloo.environment, stdin=subprocess.PIPE) as process:
        assert process.stdin
        while allowed < writers * each:
            if new := min(heard() + ahead, writers * each) - allowed:
                os.write(process.stdin.fileno(), b"." * new)
                allowed, since = allowed + new, time.monotonic()
            assert time.monotonic() - since < 60, f"nothing more is heard after {heard()}"
            time.sleep(0.01)
    assert process.returncode == 0


def tell(receiver_id: int, writers: int, each: int) -> None:
    """Each in transactions that take their own time; every byte on the standard input allows one of them."""
    receiver = User.objects.get(pk=receiver_id)

    def write(writer: int) -> None:
        for number in range(each):
            assert os.read(0, 1)
            redirect = Redirect(kind="profile", id=writer * 1000 + number, url="/api/v1/users/profile/somebody")
            with transaction.atomic():
                notify(receiver=receiver, code="welcome", actor=None, redirect=redirect)
                time.sleep(random.uniform(0, 0.002))

    together(*[lambda writer=writer: write(writer) for writer in range(writers)])  # type: ignore[misc]
