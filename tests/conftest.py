import gc
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from django_q.models import OrmQ

from apps.accounts.models import User
from apps.accounts.oauth import client, id_tokens
from apps.core import buffers, site_settings
from apps.core.http import throttling
from apps.core.mail import outbox
from apps.core.operations import api as operations
from apps.core.operations.seed import seed
from config import asgi, wsgi
from tests.accounts.providers import NAMES, Providers, running_providers
from tests.all_ran import Ran
from tests.client import ApiClient
from tests.emptying import as_seeded, empty_tables
from tests.factories import UserFactory


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ran", type=Path, help="note in this file which tests there were and which passed")


def pytest_configure(config: pytest.Config) -> None:
    if file := config.getoption("--ran"):
        config.pluginmanager.register(Ran(file))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need what is not here are left out of this run; CI runs each in one of its two."""
    here = {
        "sqlite": connection.vendor == "sqlite",
        "postgres": connection.vendor == "postgresql",
        "redis": bool(settings.REDIS_URL),
        "nginx": shutil.which("nginx") is not None,
        "systemd": shutil.which("systemd-analyze") is not None,
        "browser": shutil.which("chromium") is not None,
        "node": shutil.which("npm") is not None,
    }
    missing = {name for name, is_here in here.items() if not is_here}
    left_out = [item for item in items if missing & {mark.name for mark in item.iter_markers()}]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again took a twelfth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    with django_db_blocker.unblock():
        seed()
        as_seeded()
    TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """What a process remembers between requests."""
    site_settings.read.cache_clear()
    for state in (operations.storage_state, operations.bus_state, operations.queue_age_at):
        state.cache_clear()
    throttling.rate_of.cache_clear()
    throttling.limiter.cache_clear()
    throttling.own_limiter.cache_clear()
    throttling.redis_rests_until = 0
    outbox.server_rests_until = 0
    id_tokens.key_set.cache_clear()
    client.places.cache_clear()
    buffers.forget()


@pytest.fixture(autouse=True)
def stored_files() -> Iterator[Callable[[], list[Path]]]:
    """Tells which files lie in the storages now; the test leaves none behind."""
    folders = [Path(settings.STORAGES[name]["OPTIONS"]["location"]) for name in ("default", "private")]
    yield lambda: sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Work off the queue as the worker would, here and now."""

    def work() -> int:
        count = 0
        while (row := OrmQ.objects.order_by("pk").first()) is not None:
            job = row.task
            row.delete()
            job["func"](*job["args"])
            count += 1
        return count

    return work


@pytest.fixture
def other_site(settings: Any) -> Iterator[str]:
    """The origin of a site whose pages may call the API, as both servers know it when they start."""
    origin = "https://app.example"
    for origins in ([origin], []):
        settings.CORS_ALLOWED_ORIGINS = origins
        asgi.django_application.load_middleware(is_async=True)
        wsgi.django_application.load_middleware()
        if origins:
            yield origin


@pytest.fixture
def dead_port() -> Iterator[int]:
    """Nobody listens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections, and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture(params=["dead_port", "silent_port"])
def redis_away(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{request.getfixturevalue(request.param)}/0"
    throttling.limiter.cache_clear()


@pytest.fixture
def each(subtests: pytest.Subtests, db) -> Callable[..., AbstractContextManager[None]]:
    """A subtest of this name; what it does to the database is undone."""

    @contextmanager
    def check(*name: object) -> Iterator[None]:
        with subtests.test(" ".join(map(str, name))), transaction.atomic():
            yield
            transaction.set_rollback(True)

    return check


@pytest.fixture
def providers(settings: Any) -> Iterator[Providers]:
    """A fake of all providers of logins, at which this installation is known."""
    with running_providers() as fake:
        settings.OAUTH_PROVIDERS = {name: fake.client(name) for name in NAMES}
        yield fake


@pytest.fixture
def alice(db) -> User:
    return UserFactory(username="alice", first_name="Alice")


@pytest.fixture
def alice_client(alice: User) -> ApiClient:
    return ApiClient(alice)
