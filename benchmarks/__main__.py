"""What one request costs inside the process: `make bench`. benchmarks/README.md explains the figures."""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
for secret in ("SECRET_KEY", "TOKEN_KEY"):
    os.environ.setdefault(secret, f"only-for-benchmarks-{secret}-{'x' * 32}")
os.environ |= {"THROTTLES": "off", "LOG_LEVEL": "WARNING", "DATA_DIR": tempfile.mkdtemp(prefix="infloo-bench-")}
Path(os.environ["DATA_DIR"], "static").mkdir()
django.setup()

from django.db import connection, transaction  # noqa: E402  # Django has to be set up first
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from apps.accounts.models import User, UserType  # noqa: E402
from apps.accounts.services.sessions import open_session  # noqa: E402
from apps.core.clients import Client as Caller  # noqa: E402
from apps.social.services.connections import answer_request, request_connection  # noqa: E402

PEOPLE = 200
ROUNDS = 200
PASSWORD = "Secret@123"  # noqa: S105  # of people who live for a minute


def main() -> None:
    name = connection.creation.create_test_db(verbosity=0)
    setup_test_environment()
    try:
        call_command("seed", stdout=StringIO())
        alice = populate()
        client = Client(headers={"Authorization": f"Bearer {open_session(user=alice, client=Caller('', '')).access}"})
        print(f"{connection.vendor}, {PEOPLE} people, {ROUNDS} rounds; milliseconds in the process")
        print(f"{'request':32} {'p50':>8} {'p99':>8} {'queries':>8}")
        for label, call in requests(client).items():
            report(label, call, ROUNDS if "login" not in label else ROUNDS // 4)
    finally:
        teardown_test_environment()
        connection.creation.destroy_test_db(name, verbosity=0)


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


if __name__ == "__main__":
    main()
