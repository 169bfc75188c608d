"""How streams end, and that they leave nothing behind."""

import asyncio
import gc
import signal
import subprocess
import sys
import time
import weakref

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Erasure, Session
from apps.accounts.services import sessions
from apps.accounts.tasks import erase_due
from apps.accounts.tokens import Claims, Purpose, make_token, read_token
from apps.live.hub import MAX_STREAMS
from tests.client import sign_in
from tests.live.listener import aside, until
from tests.live.logs import greet, tell


@pytest.fixture(autouse=True)
def _told_by_the_bell(only_the_bell):
    pass


def claims_of(tokens):
    return read_token(tokens.access, Purpose.ACCESS)


def log_out(tokens):
    sessions.logout(session=Session.objects.get(pk=claims_of(tokens).session_id))


def test_the_eleventh_closes_the_oldest(serve, alice, bob):
    async def scenario(server):
        others = await server.listen(bob)
        first, *rest = [await server.listen(alice) for _ in range(MAX_STREAMS)]

        newest = await server.listen(alice)
        await first.done()

        assert [(event.event, event.data) for event in first.events] == [("closed", {"reason": "too_many"})]
        assert first.has_ended
        assert not any(stream.has_ended for stream in [*rest, newest, others])
        assert len(server.hub.streams()) == MAX_STREAMS + 1

    serve(scenario)


def test_signing_out_ends_the_streams_of_that_session_only(serve, alice):
    async def scenario(server):
        phone, laptop = await aside(sign_in, alice), await aside(sign_in, alice)
        mine = [await server.listen(alice, token=phone.access) for _ in range(2)]
        others = await server.listen(alice, token=laptop.access)

        started = time.monotonic()
        await aside(log_out, phone)
        for stream in mine:
            await stream.done()

        assert time.monotonic() - started < 5
        await aside(greet, alice)
        await others.next("notification")
        for stream in mine:
            assert [(event.event, event.data) for event in stream.events] == [("closed", {"reason": "session_ended"})]
            assert stream.has_ended
        assert [(event.event, event.id) for event in others.events] == [("notification", "2")]

    serve(scenario)


def test_being_signed_out_everywhere_ends_all_streams(serve, alice):
    async def scenario(server):
        all = [await server.listen(alice) for _ in range(3)]

        await aside(sessions.end_all, user=alice)
        for stream in all:
            await stream.done()

        assert [stream.events[-1].data for stream in all] == [{"reason": "session_ended"}] * 3

    serve(scenario)


def test_being_erased_ends_all_streams(serve, alice):
    def erase():
        Erasure.objects.create(user=alice, due_at=timezone.now())
        erase_due()

    async def scenario(server):
        await aside(greet, alice)
        streams = [await server.listen(alice) for _ in range(3)]

        await aside(erase)
        for stream in streams:
            await stream.done()

        assert [stream.events[-1].data for stream in streams] == [{"reason": "session_ended"}] * 3

    serve(scenario)


def test_nothing_that_came_after_the_end_of_its_session_is_told(serve, alice):
    @transaction.atomic
    def leave_and_be_greeted(tokens):
        greet(alice)
        log_out(tokens)
        greet(alice)

    async def scenario(server):
        tokens = await aside(sign_in, alice)
        stream = await server.listen(alice, token=tokens.access)

        await aside(leave_and_be_greeted, tokens)
        await stream.done()

        assert [event.event for event in stream.events] == ["notification", "closed"]

    serve(scenario)


def test_sessions_that_ended_before_it_opened_do_not_end_it(serve, alice):
    async def scenario(server):
        await aside(tell, alice, times=150)
        await aside(log_out, await aside(sign_in, alice))
        await aside(sign_in, alice)
        await aside(sessions.end_all, user=alice)
        await aside(greet, alice)

        stream = await server.listen(alice, last_event_id="0")
        await stream.next("notification")

        assert stream.events[-1].id == "153"
        assert not stream.has_ended

    serve(scenario)


def test_it_ends_with_its_token(serve, alice):
    def short_token():
        claims = claims_of(sign_in(alice))
        return make_token(Purpose.ACCESS, Claims(claims.user_id, claims.session_id, "x", time.time() + 2))

    async def scenario(server):
        stream = await server.listen(alice, token=await aside(short_token))
        lasting = await server.listen(alice)

        await stream.done()

        assert [(event.event, event.data) for event in stream.events] == [("closed", {"reason": "token_expired"})]
        assert not lasting.has_ended

    serve(scenario)


def test_it_ends_with_its_session_though_its_token_is_good_for_longer(serve, alice):
    def last_token():
        tokens = sign_in(alice)
        soon = timezone.now() + timezone.timedelta(seconds=2)
        Session.objects.filter(pk=claims_of(tokens).session_id).update(expires_at=soon)
        return tokens.access

    async def scenario(server):
        stream = await server.listen(alice, token=await aside(last_token))

        await stream.done()

        assert stream.events[-1].data == {"reason": "token_expired"}

    serve(scenario)


def test_it_ends_when_the_server_is_told_to_stop(serve, alice):
    stops = []
    signal.signal(signal.SIGTERM, lambda *_: stops.append("stop"))

    async def scenario(server):
        stream = await server.listen(alice)
        tokens = await aside(sign_in, alice)
        waiting = server.ask("/stream/poll?wait=25", token=tokens.access)
        await until(lambda: len(server.hub.streams()) == 2)

        signal.raise_signal(signal.SIGTERM)
        await stream.done()
        await waiting.done()

        assert stream.events[-1].data == {"reason": "shutdown"}
        assert (waiting.status, waiting.answer["events"]) == (200, [])
        assert stops == ["stop"]
        late = server.ask("/stream", token=tokens.access)
        await late.done()
        assert late.events[-1].data == {"reason": "shutdown"}

    serve(scenario)


def test_who_leaves_leaves_nothing_behind_even_for_the_collection_of_garbage(serve, alice):
    async def scenario(server):
        gc.disable()
        tokens = await aside(sign_in, alice)
        before = asyncio.all_tasks()

        for _ in range(5):
            stream = await server.ask("/stream", token=tokens.access).opened()
            (kept,) = map(weakref.ref, server.hub.streams())
            await stream.leave()
        await asyncio.sleep(0.1)
        server.listeners.clear()
        del stream

        assert server.hub.manager.listeners_by_channel == {}
        assert asyncio.all_tasks() == before
        assert kept() is None

    try:
        serve(scenario)
    finally:
        gc.enable()


@pytest.mark.sqlite
@pytest.mark.sqlite
def test_collections_of_garbage_leave_alone_what_was_loaded():
    script = "import gc, config.asgi; print(gc.isenabled(), gc.get_freeze_count() > 100_000, *gc.get_threshold())"
    said = subprocess.check_output([sys.executable, "-c", script], text=True)

    assert said == "True True 2000 20 100\n"


@pytest.mark.parametrize("path", ["/stream", "/stream/poll?wait=25"])
def test_who_leaves_while_it_opens_leaves_nothing_behind(serve, alice, path):
    async def scenario(server):
        tokens = await aside(sign_in, alice)

        gone = server.ask(path, token=tokens.access)
        gone.left.set()
        await gone.done()

        assert gone.body == b""
        assert server.hub.streams() == []

    serve(scenario)
