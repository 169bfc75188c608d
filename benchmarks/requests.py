"""What one request costs: milliseconds in the process, and queries."""

import statistics

from django.test import Client

from benchmarks.caller import Call, client_of, milliseconds, queries_of
from benchmarks.data import World
from benchmarks.size import FRIEND, PASSWORD, username

ROUNDS = 200


def main(world: World) -> None:
    print(f"\nan ordinary person among {world.users:,}, {ROUNDS} rounds; milliseconds in the process")
    print(f"{'request':40} {'p50':>8} {'p99':>8} {'queries':>8}")
    for label, call in calls(client_of(world.ordinary), world.ordinary).items():
        report(label, call, ROUNDS if "login" not in label else ROUNDS // 4)


def calls(client: Client, person: int) -> dict[str, Call]:
    paths = (
        *("/users/profile", f"/users/profile/{username(FRIEND)}", "/users", "/connections", "/stories"),
        *("/events", "/chat", "/chat/conversations", "/notifications", "/notifications/unread-count"),
    )
    login = {"username": username(person), "password": PASSWORD}
    found: dict[str, Call] = {f"GET {path}": lambda path=path: client.get(f"/api/v1{path}") for path in paths}  # type: ignore[misc]
    found["POST /users/auth/login"] = lambda: client.post("/api/v1/users/auth/login", login, "application/json")
    return found


def report(label: str, call: Call, rounds: int) -> None:
    call()  # the first one also opens the connection
    queries, times = len(queries_of(call)), milliseconds(call, rounds)
    print(f"{label:40} {statistics.median(times):8.2f} {statistics.quantiles(times, n=100)[98]:8.2f} {queries:8}")
