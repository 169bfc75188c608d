"""The ASGI door: how streams open, and what they tell."""

import asyncio

import pytest

from apps.live import bell, streams
from apps.live.hub import TICK_SECONDS
from tests.client import ApiClient, sign_in
from tests.factories import UserFactory
from tests.live.listener import aside, until
from tests.live.logs import cursor_of, greet, numbers, say, tell, told


@pytest.fixture(autouse=True)
def _told_by_the_bell(only_the_bell):
    pass


def type_to(sender, receiver):
    return ApiClient(sender).post("/chat/typing", {"receiver_id": receiver.pk})


# Opening


def test_it_opens_with_its_place_in_the_log(serve, alice):
    async def scenario(server):
        await aside(greet, alice, times=3)

        stream = await server.listen(alice)

        assert (stream.status, stream.body, stream.has_ended) == (200, b"retry: 2000\nid: 3\n\n", False)
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["x-frame-options"] == "DENY"
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
