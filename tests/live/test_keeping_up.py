"""Clients and databases that do not keep up with the streams."""

import asyncio
import threading

import pytest
from django.db import connection

from apps.live import bell, streams
from tests.client import sign_in
from tests.live.listener import aside, until
from tests.live.logs import greet, numbers


@pytest.fixture(autouse=True)
def _told_by_the_bell(only_the_bell):
    pass


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
