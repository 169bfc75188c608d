import asyncio
import signal
from collections.abc import Callable, Iterator

import pytest

from apps.accounts.models import User
from apps.live import hub, server
from apps.live.hub import Hub
from tests.factories import UserFactory
from tests.live.listener import Scenario, Server

SECONDS = 40
"""No test of the door takes longer."""


@pytest.fixture
def bob(db) -> User:
    return UserFactory(username="bob")


@pytest.fixture
def only_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves whether there is something new."""
    monkeypatch.setattr(hub, "SWEEP_SECONDS", 3600)
    monkeypatch.setattr(hub, "DEAF_SWEEP_SECONDS", 3600)


@pytest.fixture
def serve(transactional_db, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Scenario], None]]:
    """Runs a scenario against the application, in a loop and with a hub of its own."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    fresh = Hub()
    monkeypatch.setattr(server, "hub", fresh)

    async def play(scenario: Scenario) -> None:
        async with asyncio.timeout(SECONDS), Server(fresh) as running:
            await scenario(running)

    yield lambda scenario: asyncio.run(play(scenario))
    for number, handler in handlers.items():
        signal.signal(number, handler)
    fresh.reader.shutdown(cancel_futures=True)


@pytest.fixture
def looked_at(monkeypatch, only_the_bell):
    """Logs are looked at without a bell, more often than usual."""
    monkeypatch.setattr(hub, "SWEEP_SECONDS", 0.3)
    monkeypatch.setattr(hub, "DEAF_SWEEP_SECONDS", 0.3)
