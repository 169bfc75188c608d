"""The ASGI door: streams from their opening to their end."""

import asyncio
import gc
import signal
import threading
import time
import weakref

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.services import sessions
from apps.accounts.tokens import Claims, Purpose, make_token, read_token
from apps.live import bell, hub, streams
from apps.live.hub import MAX_STREAMS, TICK_SECONDS
from tests.client import ApiClient, sign_in
from tests.factories import UserFactory
from tests.live.listener import aside, until
from tests.live.logs import cursor_of, greet, say, tell, told


@pytest.fixture(autouse=True)
def _told_by_the_bell(only_the_bell):
    pass


@pytest.fixture
def looked_at(monkeypatch, only_the_bell):
    """Logs are looked at without a bell, more often than usual."""
    monkeypatch.setattr(hub, "SWEEP_SECONDS", 0.3)
    monkeypatch.setattr(hub, "DEAF_SWEEP_SECONDS", 0.3)


def claims_of(tokens):
    return read_token(tokens.access, Purpose.ACCESS)


def type_to(sender, receiver):
    return ApiClient(sender).post("/chat/typing", {"receiver_id": receiver.pk})


def log_out(tokens):
    sessions.logout(session=Session.objects.get(pk=claims_of(tokens).session_id))


# Opening


def test_it_opens_with_its_place_in_the_log(serve, alice):
    async def scenario(server):
        await aside(greet, alice, times=3)

        stream = await server.listen(alice)

        assert (stream.status, stream.body, stream.has_ended) == (200, b"retry: 2000\nid: 3\n\n", False)
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["x-request-id"]
        assert "content-length" not in stream.headers

    serve(scenario)


@pytest.mark.parametrize("path", ["/stream", "/stream/poll?wait=25"])
def test_a_bad_token_is_401_before_it_opens(serve, path):
    async def scenario(server):
        refused = server.ask(path, token="not.a.token")
        await refused.done()

        assert (refused.status, refused.has_ended) == (401, True)
        assert b"invalid_token" in refused.body
        assert server.hub.streams() == []

    serve(scenario)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405)])
def test_only_a_get_stays_open(serve, alice, method, status):
    async def scenario(server):
        tokens = await aside(sign_in, alice)
        asked = server.ask("/stream", method=method, token=tokens.access)
        await asked.done()

        assert (asked.status, asked.has_ended) == (status, True)
        assert server.hub.streams() == []

    serve(scenario)


def test_both_slash_forms_open_and_a_token_may_stand_in_the_address(serve, alice):
    async def scenario(server):
        tokens = await aside(sign_in, alice)

        for path in ("/stream", "/stream/"):
            await server.ask(f"{path}?token={tokens.access}").opened()

        assert len(server.hub.streams()) == 2

    serve(scenario)


# What it tells


def test_it_tells_what_happens_while_it_is_open(serve, alice, bob):
    async def scenario(server):
        alices, bobs, others = [await server.listen(user) for user in (alice, bob, await aside(UserFactory))]

        sent = await aside(say, bob, alice)
        message, notification = await alices.next("message"), await alices.next("notification")

        assert (message.id, message.data) == ("1", sent)
        assert notification.id == "2"
        assert (await bobs.next("message")).data == sent
        assert [event.event for event in bobs.events] == ["message"]
        assert others.events == []

    serve(scenario)


def test_every_stream_of_a_person_is_told_with_the_ids_that_a_poll_has(serve, alice):
    async def scenario(server):
        one, another = await server.listen(alice), await server.listen(alice)

        await aside(greet, alice, times=2)
        for stream in (one, another):
            await stream.next("notification", 2)

        polled = [(row["id"], row["data"]) for row in await aside(told, alice, "0")]
        assert [(event.id, event.data) for event in one.events] == polled
        assert one.events == another.events

    serve(scenario)


def numbers(first, last):
    return [str(number) for number in range(first, last + 1)]


def test_a_burst_comes_whole_and_in_order(serve, alice):
    async def scenario(server):
        stream = await server.listen(alice)

        await aside(tell, alice, times=230)
        await stream.next("message_deleted", 230)

        assert [event.id for event in stream.events] == numbers(1, 230)

    serve(scenario)


def test_it_goes_on_behind_the_last_event_however_many_came(serve, alice):
    async def scenario(server):
        await aside(tell, alice, times=330)

        stream = await server.listen(alice, last_event_id="5")
        await stream.next("message_deleted", 325)

        assert stream.body.startswith(b"retry: 2000\nid: 5\n\n")
        assert [event.id for event in stream.events] == numbers(6, 330)

    serve(scenario)


def test_a_log_that_does_not_reach_back_is_reset_and_goes_on(serve, alice):
    async def scenario(server):
        await aside(greet, alice)

        stream = await server.listen(alice, last_event_id="no such place")
        await aside(greet, alice)
        await stream.next("notification")

        assert [(event.event, event.id) for event in stream.events] == [("reset", "1"), ("notification", "2")]
        assert stream.events[0].data == {"cursor": "1"}

    serve(scenario)


def test_what_comes_between_the_reading_and_the_listening_is_told(serve, alice):
    async def scenario(server):
        tokens = await aside(sign_in, alice)
        other = await server.listen(alice)
        stream = server.ask("/stream", token=tokens.access)
        stream.stop_reading()  # the opening is read from the log, and not sent yet
        await until(lambda: stream.is_offered_something)

        await aside(greet, alice)
        await other.next("notification")
        await asyncio.sleep(3 * bell.LOOK_SECONDS)  # nothing rings any more
        stream.read_on()

        assert (await stream.next("notification")).id == "1"

    serve(scenario)


def test_typing_is_told_once_without_an_id_and_kept_nowhere(serve, alice, bob):
    async def scenario(server):
        stream = await server.listen(alice)

        response = await aside(type_to, bob, alice)
        typing = await stream.next("typing")

        assert (response.status_code, typing.id) == (204, None)
        assert typing.data["user"]["id"] == bob.pk
        assert await aside(cursor_of, alice) == "0"
        again = await server.listen(alice, last_event_id="0")
        await aside(greet, alice)
        await again.next("notification")
        assert [event.event for event in again.events] == ["notification"]

    serve(scenario)


def test_a_comment_keeps_it_alive(serve, alice, monkeypatch):
    assert streams.BEAT_SECONDS + 2 * TICK_SECONDS < 20
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.5)

    async def scenario(server):
        stream = await server.listen(alice)

        await until(lambda: stream.body.endswith(b"\n\n:\n\n:\n\n"))

        assert stream.events == [type(stream.events[0])()] * 2

    serve(scenario)


def test_what_no_bell_tells_of_is_found(serve, alice, looked_at):
    async def scenario(server):
        stream = await server.listen(alice)
        bell.here = None  # it is not told by its own requests, and takes no message from itself

        await aside(greet, alice)

        assert (await stream.next("notification")).id == "1"

    serve(scenario)


# How it ends


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


def test_collections_of_garbage_leave_alone_what_was_loaded():
    assert gc.get_freeze_count() > 100_000
    assert gc.get_threshold()[2] >= 100


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


# Clients and databases that do not keep up


def queue_of(held):
    return held.channel_items.get(held.channel, [])


def test_who_reads_slowly_gets_everything_and_holds_little(serve, alice):
    async def scenario(server):
        stream = await server.listen(alice)
        (held,) = server.hub.streams()
        stream.stop_reading()

        await aside(greet, alice)
        await until(lambda: held.cursor == 1)
        for number in range(2, 12):  # one by one, so that the queue has no gap
            await aside(greet, alice)
            await until(lambda number=number: held.overflow or number in [event.id for event in queue_of(held)])
        await aside(greet, alice, times=4)
        await until(lambda: held.overflow)
        await asyncio.sleep(3 * bell.LOOK_SECONDS)
        assert len(queue_of(held)) == 10
        stream.read_on()
        await stream.next("notification", 15)

        assert [event.id for event in stream.events] == numbers(1, 15)

    serve(scenario)


def test_who_leaves_without_reading_leaves_nothing_behind(serve, alice):
    async def scenario(server):
        tokens = await aside(sign_in, alice)
        before = asyncio.all_tasks()
        stream = await server.ask("/stream", token=tokens.access).opened()
        (held,) = server.hub.streams()
        stream.stop_reading()
        await aside(greet, alice)
        await until(lambda: held.cursor == 1)

        await stream.leave()

        await until(lambda: asyncio.all_tasks() == before)
        assert held.writer is None

    serve(scenario)


def test_who_takes_nothing_is_let_go_and_resumes(serve, alice, monkeypatch):
    monkeypatch.setattr(streams, "SEND_SECONDS", 0.5)

    async def scenario(server):
        stream = await server.listen(alice)
        stream.stop_reading()
        await aside(greet, alice, times=3)
        await stream.done()

        assert (stream.events, stream.has_ended) == ([], False)
        assert server.hub.streams() == []
        again = await server.listen(alice, last_event_id="0")
        assert [event.id for event in again.events] == ["1", "2", "3"]

    serve(scenario)


def rename(table, name):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


def test_streams_outlive_a_database_that_is_away(serve, alice, caplog):
    async def scenario(server):
        stream = await server.listen(alice)
        may_read = threading.Event()
        server.hub.reader.submit(may_read.wait, timeout=20)
        await aside(greet, alice)

        await aside(rename, "live_head", "elsewhere")
        try:
            may_read.set()
            await until(lambda: "the logs cannot be read" in caplog.text)
        finally:
            await aside(rename, "elsewhere", "live_head")

        assert (await stream.next("notification")).id == "1"

    serve(scenario)


def test_a_stream_that_cannot_read_its_log_reads_it_later(serve, alice, caplog, looked_at):
    async def scenario(server):
        read, calls = server.hub.read, []

        async def read_the_second_time(user_id, after):
            calls.append(after)
            if len(calls) == 1:
                raise ConnectionError("the database is away")
            return await read(user_id, after)

        server.hub.read = read_the_second_time
        stream = await server.listen(alice)

        await aside(greet, alice, times=3)
        await stream.next("notification", 3)

        assert [event.id for event in stream.events] == ["1", "2", "3"]
        assert "a stream cannot go on" in caplog.text

    serve(scenario)


# The process


def test_its_work_ends_with_the_server(serve, alice):
    async def scenario(server):
        await server.listen(alice)
        tasks.extend(server.hub.tasks)
        assert bell.here

    tasks = []
    serve(scenario)

    assert len(tasks) == 4
    assert all(task.cancelled() for task in tasks)
    assert bell.here is None


def test_without_a_listener_nothing_is_read(serve, alice):
    async def scenario(server):
        server.hub.note([alice.pk])
        server.hub.note(None)

        assert server.hub.rung == set()

    serve(scenario)
