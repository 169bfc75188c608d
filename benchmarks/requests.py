"""What one request costs: milliseconds in the process, and queries."""

import statistics
import sys
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User, UserType
from apps.accounts.services.sessions import open_session
from apps.core.clients import Client as Caller
from apps.social.services.connections import answer_request, request_connection

PEOPLE = 200
ROUNDS = 200
PASSWORD = "Secret@123"  # noqa: S105  # of people who live for a minute


def main() -> None:
    alice = populate()
    client = Client(headers={"Authorization": f"Bearer {open_session(user=alice, client=Caller('', '')).access}"})
    print(f"\n{PEOPLE} people, {ROUNDS} rounds; milliseconds in the process")
    print(f"{'request':32} {'p50':>8} {'p99':>8} {'queries':>8}")
    for label, call in requests(client).items():
        report(label, call, ROUNDS if "login" not in label else ROUNDS // 4)


@transaction.atomic
def populate() -> User:
    """Somebody connected to everybody, who was told of each of them."""
    influencer = UserType.objects.get(slug="influencer")
    alice = User.objects.create_user("alice", "alice@example.com", PASSWORD, user_type=influencer)
    for number in range(PEOPLE):
        person = User.objects.create_user(f"person{number}", f"p{number}@example.com", None, user_type=influencer)
        answer_request(connection=request_connection(sender=person, receiver=alice), accept=True)
    return alice


def requests(client: Client) -> dict[str, Callable[[], HttpResponse]]:
    paths = ("/users/profile", "/users/profile/person7", "/users?limit=20", "/connections", "/notifications")
    login = {"username": "alice", "password": PASSWORD}
    calls: dict[str, Callable[[], HttpResponse]] = {
        f"GET {path}": lambda path=path: client.get(f"/api/v1{path}") for path in paths
    }
    calls["POST /users/auth/login"] = lambda: client.post("/api/v1/users/auth/login", login, "application/json")
    return calls


def report(label: str, call: Callable[[], HttpResponse], rounds: int) -> None:
    call()  # the first one also opens the connection
    queries: list[str] = []
    with connection.execute_wrapper(lambda execute, sql, *rest: (queries.append(sql), execute(sql, *rest))[1]):
        if call().status_code != 200:
            sys.exit(f"{label} does not work")
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    p99 = statistics.quantiles(times, n=100)[98]
    print(f"{label:32} {statistics.median(times):8.2f} {p99:8.2f} {len(queries):8}")
