"""GET /stream/poll?wait=: the ASGI door holds an answer back until there is something to tell."""

import time

import pytest

from apps.accounts.services import sessions
from apps.live.hub import MAX_STREAMS
from tests.client import ApiClient, sign_in
from tests.factories import BlockFactory
from tests.live.listener import aside, until
from tests.live.logs import greet, told

WAITING = "/stream/poll?wait=25"


@pytest.fixture(autouse=True)
def _told_by_the_bell(only_the_bell):
    pass


async def wait_for(server, user, path=WAITING, **options):
    """A poll of theirs that has found nothing yet."""
    tokens = await aside(sign_in, user)
    before = set(server.hub.streams())
    waiting = server.ask(path, token=tokens.access, **options)
    await until(lambda: set(server.hub.streams()) - before)
    return waiting


def test_it_answers_as_soon_as_something_comes(serve, alice):
    async def scenario(server):
        waiting = await wait_for(server, alice)
        started = time.monotonic()

        await aside(greet, alice)
        await waiting.done()

        assert time.monotonic() - started < 5
        assert waiting.status == 200
        assert waiting.answer == {"events": await aside(told, alice, "0"), "cursor": "1", "reset": False}
        assert int(waiting.headers["content-length"]) == len(waiting.body)
        assert server.hub.streams() == []

    serve(scenario)


def test_after_its_time_it_answers_that_nothing_came(serve, alice):
    async def scenario(server):
        await aside(greet, alice)
        started = time.monotonic()

        waiting = await wait_for(server, alice, "/stream/poll?cursor=1&wait=1")
        await waiting.done()

        assert 1 <= time.monotonic() - started < 5
        assert (waiting.status, waiting.answer) == (200, {"events": [], "cursor": "1", "reset": False})
        assert server.hub.streams() == []

    serve(scenario)


def test_with_what_it_has_it_answers_304_and_with_something_new_200(serve, alice):
    async def scenario(server):
        in_vain = await wait_for(server, alice, "/stream/poll?cursor=0&wait=1", if_none_match='"0"')
        await in_vain.done()
        assert (in_vain.status, in_vain.body, in_vain.headers["etag"]) == (304, b"", '"0"')

        waiting = await wait_for(server, alice, "/stream/poll?cursor=0&wait=25", if_none_match='"0"')
        await aside(greet, alice)
        await waiting.done()
        assert (waiting.status, waiting.answer["cursor"], waiting.headers["etag"]) == (200, "1", '"1"')

    serve(scenario)


def test_what_is_there_already_does_not_wait(serve, alice):
    async def scenario(server):
        await aside(greet, alice)
        tokens = await aside(sign_in, alice)

        for cursor, reset in (("0", False), ("junk", True)):
            asked = server.ask(f"{WAITING}&cursor={cursor}", token=tokens.access)
            await asked.done()
            assert (asked.answer["cursor"], asked.answer["reset"]) == ("1", reset)

    serve(scenario)


def test_a_head_does_not_wait(serve, alice):
    async def scenario(server):
        tokens = await aside(sign_in, alice)
        asked = server.ask(WAITING, method="HEAD", token=tokens.access)
        await asked.done()

        assert (asked.status, asked.body) == (200, b"")

    serve(scenario)


def test_typing_wakes_nobody(serve, alice, bob):
    async def scenario(server):
        started = time.monotonic()
        waiting = await wait_for(server, alice, "/stream/poll?wait=2")

        await aside(lambda: ApiClient(bob).post("/chat/typing", {"receiver_id": alice.pk}))
        await waiting.done()

        assert time.monotonic() - started >= 2
        assert waiting.answer == {"events": [], "cursor": "0", "reset": False}

    serve(scenario)


def test_what_is_hidden_is_passed_at_once(serve, alice, bob):
    async def scenario(server):
        await aside(BlockFactory, blocker=alice, blocked=bob)
        waiting = await wait_for(server, alice)

        await aside(greet, alice, actor=bob)
        await waiting.done()

        assert waiting.answer == {"events": [], "cursor": "1", "reset": False}

    serve(scenario)


def test_the_end_of_its_session_is_401(serve, alice):
    async def scenario(server):
        waiting = await wait_for(server, alice)

        await aside(sessions.end_all, user=alice)
        await waiting.done()

        assert waiting.status == 401

    serve(scenario)


def test_polls_count_as_streams_and_the_oldest_answers_early(serve, alice):
    async def scenario(server):
        first, *rest = [await wait_for(server, alice) for _ in range(MAX_STREAMS)]

        await server.listen(alice)
        await first.done()

        assert (first.status, first.answer["events"]) == (200, [])
        assert len(server.hub.streams()) == MAX_STREAMS
        assert not any(waiting.has_ended for waiting in rest)

    serve(scenario)


def test_who_leaves_leaves_nothing_behind(serve, alice):
    async def scenario(server):
        waiting = await wait_for(server, alice)

        await waiting.leave()

        assert server.hub.manager.listeners_by_channel == {}

    serve(scenario)
