"""Requests sent inside this process: no network, no server."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services.sessions import open_session
from apps.core.http.clients import Client as Device

Call = Callable[[], Any]


class Asked(NamedTuple):
    """A statement that was sent."""

    sql: str
    parameters: Any
    is_kept: bool
    """Its values went apart from it: the web processes' connections keep it planned, for any values."""


def access_token(person: int) -> str:
    return open_session(user=User.objects.get(pk=person), client=Device("", "")).access


def client_of(person: int) -> Client:
    return Client(headers={"Authorization": f"Bearer {access_token(person)}"})


def queries_of(call: Call) -> list[Asked]:
    """The statements that `call` sends; it has to succeed."""
    found: list[Asked] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        found.append(Asked(sql, parameters, isinstance(context["cursor"].cursor, ServerBindingCursor)))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        response = call()
    if response.status_code >= 300:
        raise SystemExit(f"{response.request['PATH_INFO']}: {response.status_code} {response.content[:500]!r}")
    return found


def milliseconds(call: Call, rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return times
