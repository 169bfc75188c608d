"""What happens while PostgreSQL or Redis is away, and once it is back."""

import asyncio
import time
from collections.abc import Iterator
from unittest.mock import patch

import httpx
import pytest

from tests.e2e.conftest import free_port
from tests.e2e.crashes.crowd import (
    ANSWER_SECONDS,
    Guest,
    assert_each_log_is_whole,
    count_told,
    gather,
    post_event,
    wait_until_told,
)
from tests.e2e.crashes.ears import Ear, until
from tests.e2e.crashes.processes import Parts, end
from tests.e2e.crashes.services import Services, services_of_our_own
from tests.e2e.crashes.talk import Talk
from tests.e2e.people import joined

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

PEOPLE = 5
AUDIENCE = 500
AWAY_SECONDS = 5


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with services_of_our_own() as services:
        yield services


@pytest.fixture(scope="module")
def served(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """An installation that lives on them."""
    with patch.dict("os.environ", services.start()):
        parts = Parts.make(tmp_path_factory.mktemp("served"))
        parts.serve()
        yield parts
        parts.clear()


# Redis


@pytest.fixture
def other_url(served: Parts) -> Iterator[str]:
    """A second web process."""
    url = f"http://127.0.0.1:{free_port()}"
    web = served.start_web(url)
    yield url
    end(web)


async def type_until_heard(url: str, writer: Guest, reader: Guest, ear: Ear) -> None:
    """Typing stands in no log: between processes it goes by Redis, or not at all."""
    before = len(ear.all("typing"))
    async with writer.writing(url) as client, asyncio.timeout(60):
        while len(ear.all("typing")) == before:
            answer = await client.post("/api/v1/chat/typing", json={"receiver_id": reader.user_id})
            assert answer.status_code == 204
            await asyncio.sleep(0.1)


def test_without_redis_everything_goes_on_and_when_it_is_back_so_does_the_bell(served, other_url, services):
    async def scenario(guests):
        listener, writer = guests[:2]
        async with Talk(served, guests, speaking_at=other_url) as talk:
            ear = talk.ears[0]
            await type_until_heard(other_url, writer, listener, ear)
            await talk.go_on()

            services.kill_redis()
            heard = len(ear.numbers)
            await talk.go_on()
            await until(lambda: len(ear.numbers) > heard + 10)

            services.start("redis")
            await type_until_heard(other_url, writer, listener, ear)
        return talk

    with joined(served, "redisless", 1):
        talk = asyncio.run(scenario(gather(served, "redisless", PEOPLE)))

    talk.assert_all_is_there_once()
    assert set(talk.statuses) == {201}
    assert [ear.streams for ear in talk.ears] == [1] * PEOPLE


# PostgreSQL


async def refusals(url: str, guest: Guest, seconds: float) -> list[httpx.Response]:
    """What somebody is answered meanwhile, each within ten seconds."""
    answers = []
    ends = time.monotonic() + seconds
    async with guest.writing(url) as client:
        while time.monotonic() < ends:
            for path in ("users/profile", "stream", "stream/poll"):
                async with asyncio.timeout(ANSWER_SECONDS):  # a stream that opens would never end
                    answers.append(await client.get(f"/api/v1/{path}"))
    return answers


def test_five_seconds_without_postgresql_lose_nothing(served, services):
    async def scenario(host, guests):
        async with Talk(served, guests) as talk:
            await talk.go_on()
            event = await asyncio.to_thread(post_event, host, "Spring Launch")
            await asyncio.to_thread(services.stop, "postgresql")
            answers = await refusals(served.url, guests[0], AWAY_SECONDS)
            await asyncio.to_thread(services.start, "postgresql")
            await talk.go_on()
            await asyncio.to_thread(wait_until_told, served, event)
        return talk, event, answers

    served.work(WORKER_TIMEOUT="9", WORKER_RETRY="10")
    with joined(served, "stopped", 2) as host:
        guests = gather(served, "stopped", AUDIENCE)
        wait_until_told(served, post_event(host, "Late Winter Launch"))  # the worker has started
        talk, event, answers = asyncio.run(scenario(host, guests[:PEOPLE]))

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "unavailable")}
    talk.assert_all_is_there_once()
    assert set(talk.statuses) == {201, 503}
    assert [ear.streams for ear in talk.ears] == [1] * PEOPLE
    assert count_told(served, event) == AUDIENCE
    assert_each_log_is_whole(served)
    for ear in talk.ears:
        places = [told["redirect"] for told in ear.all("notification")]
        assert [place["id"] for place in places if place["kind"] == "event"] == [event]
