"""The bell: what other processes ring, and what happens while it cannot be rung or heard."""

import asyncio
import contextlib
import time

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from apps.live import bell, hub
from tests.factories import UserFactory
from tests.live.listener import aside, until
from tests.live.logs import greet

FROM_ANOTHER = {"users": [1, 2], "from": "another process"}


@pytest.fixture(autouse=True)
def _fresh_client():
    bell.redis_client.cache_clear()
    bell.redis_rests_until = 0.0
    yield
    bell.redis_client.cache_clear()
    bell.redis_rests_until = 0.0


@pytest.fixture
def on_postgresql(settings):
    settings.REDIS_URL = None


def hear(ring, count=1):
    """What comes over the line once it stands and `ring` was called."""

    async def scenario():
        heard = []
        async with asyncio.timeout(20):
            messages = bell.messages()
            heard.append(await anext(messages))
            await aside(ring)
            while len(heard) < count + 1:
                heard.append(await anext(messages))
            await messages.aclose()
        return heard

    return asyncio.run(scenario())


def notify(message):
    """From another connection, as another process would."""
    with psycopg.connect(**bell.postgresql_address(), autocommit=True) as other:
        other.execute("SELECT pg_notify(%s, %s)", [bell.CHANNEL, orjson.dumps(message).decode()])


def publish(message):
    with Redis.from_url(settings.REDIS_URL) as other:
        other.publish(bell.CHANNEL, orjson.dumps(message))


# Each kind of line


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_postgresql_brings_what_another_connection_notifies(on_postgresql):
    assert hear(lambda: notify(FROM_ANOTHER)) == [{}, FROM_ANOTHER]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_over_postgresql_a_process_does_not_hear_itself(on_postgresql):
    def ring():
        bell.ring([3])
        bell.publish_transient(3, "typing", "{}")
        notify(FROM_ANOTHER)

    assert hear(ring) == [{}, FROM_ANOTHER]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_postgresql_carries_what_a_process_rings(on_postgresql, monkeypatch):
    monkeypatch.setattr(bell, "PROCESS", "this one")
    rung = []

    async def scenario():
        async with await psycopg.AsyncConnection.connect(**bell.postgresql_address(), autocommit=True) as line:
            await line.execute(f"LISTEN {bell.CHANNEL}")
            await aside(bell.ring, [3])
            await aside(bell.ring, range(10**12, 10**12 + bell.MAX_NAMED))
            await aside(bell.ring, range(bell.MAX_NAMED + 1))
            await aside(bell.publish_transient, 3, "typing", "{}")
            async for notification in line.notifies(timeout=20, stop_after=4):
                rung.append(orjson.loads(notification.payload))

    asyncio.run(scenario())

    assert rung[0] == {"users": [3], "from": "this one"}
    assert len(rung[1]["users"]) == bell.MAX_NAMED
    assert rung[2] == {"users": None, "from": "this one"}
    assert rung[3] == {"transient": [3, "typing", "{}"], "from": "this one"}


@pytest.mark.redis
def test_redis_brings_what_another_connection_publishes():
    assert hear(lambda: publish(FROM_ANOTHER)) == [{}, FROM_ANOTHER]


@pytest.mark.redis
def test_over_redis_a_process_does_not_hear_itself():
    def ring():
        bell.ring([3])
        publish(FROM_ANOTHER)

    assert hear(ring) == [{}, FROM_ANOTHER]


@pytest.mark.redis
def test_redis_carries_what_a_process_rings(monkeypatch):
    monkeypatch.setattr(bell, "PROCESS", "this one")

    with Redis.from_url(settings.REDIS_URL) as other, other.pubsub() as line:
        line.subscribe(bell.CHANNEL)
        assert line.get_message(timeout=10)["type"] == "subscribe"
        bell.ring([3])

        assert orjson.loads(line.get_message(timeout=10)["data"]) == {"users": [3], "from": "this one"}


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_on_sqlite_the_file_tells_that_another_connection_has_written():
    user = UserFactory()

    assert hear(lambda: greet(user)) == [{"users": None}] * 2


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_on_sqlite_silence_is_silence():
    async def scenario():
        messages = bell.messages()
        assert await anext(messages) == {"users": None}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * bell.LOOK_SECONDS):
                await anext(messages)

    asyncio.run(scenario())


@pytest.mark.sqlite
def test_a_sqlite_file_may_have_any_name(monkeypatch, tmp_path):
    path = tmp_path / "what? 100%25 #1.sqlite3"
    bell.sqlite3.connect(path).close()
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", path)

    async def scenario():
        async with asyncio.timeout(10):
            messages = bell.messages()
            assert await anext(messages) == {"users": None}
            await messages.aclose()

    asyncio.run(scenario())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.sqlite
def test_nobody_waits_for_a_sqlite_file_that_is_taken(monkeypatch, tmp_path):
    """The loop would stand still."""
    path = tmp_path / "taken.sqlite3"
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", path)
    other = bell.sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE things (id)")
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")

    async def scenario():
        started = time.monotonic()
        with pytest.raises(bell.sqlite3.OperationalError, match="locked"):
            await anext(bell.messages())
        return time.monotonic() - started

    assert asyncio.run(scenario()) < 1
    other.close()


# Between processes, to a stream


BOTH = pytest.mark.parametrize(
    "by", [pytest.param("redis", marks=pytest.mark.redis), pytest.param("postgresql", marks=pytest.mark.postgres)]
)


def ring_from_another_process(message):
    if settings.REDIS_URL:
        publish(message | {"from": "another process"})
    elif connection.vendor == "postgresql":
        notify(message | {"from": "another process"})


async def listen_to_others(server, user):
    """A stream that is told by the bell only, and not by the requests of this process."""
    stream = await server.listen(user)
    await until(lambda: server.hub.bell_works)
    bell.here = None
    return stream


def test_what_another_process_rings_reaches_a_stream(serve, alice, only_the_bell):
    async def scenario(server):
        stream = await listen_to_others(server, alice)

        await aside(greet, alice)
        await aside(ring_from_another_process, {"users": [alice.pk]})
        assert (await stream.next("notification")).id == "1"

        await aside(greet, alice)
        await aside(ring_from_another_process, {"users": None})
        assert (await stream.next("notification", 2)).id == "2"

    serve(scenario)


@pytest.mark.postgres
def test_over_postgresql_too(serve, alice, only_the_bell, on_postgresql):
    test_what_another_process_rings_reaches_a_stream(serve, alice, only_the_bell)


@BOTH
def test_what_another_process_whispers_reaches_a_stream(serve, alice, only_the_bell, settings, by):
    settings.REDIS_URL = settings.REDIS_URL if by == "redis" else None

    async def scenario(server):
        stream = await listen_to_others(server, alice)

        await aside(ring_from_another_process, {"transient": [alice.pk, "typing", '{"user": {}}']})

        typing = await stream.next("typing")
        assert (typing.data, typing.id) == ({"user": {}}, None)

    serve(scenario)


def hang_up():
    """What a restart of the other side does to the line."""
    if settings.REDIS_URL:
        with Redis.from_url(settings.REDIS_URL) as other:
            assert other.client_kill_filter(_type="pubsub") == 1
    else:
        with connection.cursor() as cursor:
            listening = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'"
            cursor.execute(f"SELECT pg_terminate_backend(pid) {listening}")
            assert len(cursor.fetchall()) == 1


@BOTH
def test_a_line_that_breaks_is_laid_anew(serve, alice, only_the_bell, settings, by):
    settings.REDIS_URL = settings.REDIS_URL if by == "redis" else None

    async def scenario(server):
        stream = await listen_to_others(server, alice)
        await aside(hang_up)
        await asyncio.sleep(2 * hub.RETRY_SECONDS)
        await until(lambda: server.hub.bell_works)

        await aside(greet, alice)
        await aside(ring_from_another_process, {"users": [alice.pk]})

        assert (await stream.next("notification")).id == "1"

    serve(scenario)


# While it is broken


@pytest.mark.parametrize("kind", ["dead_port", "silent_port"])
def test_without_redis_a_ring_is_a_line_in_the_log_and_takes_no_time(request, settings, caplog, kind):
    settings.REDIS_URL = f"redis://127.0.0.1:{request.getfixturevalue(kind)}/0"

    started = time.monotonic()
    for _ in range(20):
        bell.ring([1])
        bell.publish_transient(1, "typing", "{}")

    assert time.monotonic() - started < 3 * bell.REDIS_SECONDS + 0.5
    assert caplog.messages == ["the bell does not ring: Redis is down"]


@pytest.mark.parametrize("kind", ["dead_port", "silent_port"])
def test_without_redis_streams_are_told_all_the_same(serve, alice, request, settings, kind):
    settings.REDIS_URL = f"redis://127.0.0.1:{request.getfixturevalue(kind)}/0"

    async def scenario(server):
        stream = await server.listen(alice)
        bell.here = None  # as if written by the worker

        await aside(greet, alice)
        await stream.next("notification")

        assert not server.hub.bell_works

    serve(scenario)


def test_nonsense_on_the_line_is_survived(serve, alice, caplog):
    async def scenario(server):
        stream = await server.listen(alice)
        for message in ({}, {"transient": 1}, {"users": ["x", None, -1]}, {"users": 7}):
            with contextlib.suppress(TypeError, ValueError):
                server.hub.hear(message)
        if settings.REDIS_URL:
            await aside(lambda: Redis.from_url(settings.REDIS_URL).publish(bell.CHANNEL, "junk"))
            await until(lambda: "the bell is not heard" in caplog.text)

        await aside(greet, alice)

        assert (await stream.next("notification")).id == "1"

    serve(scenario)


def test_a_line_that_does_not_notice_its_end_at_first_holds_up_no_shutdown(serve, monkeypatch):
    """As a client may that is just connecting, and takes the end for its own timeout."""
    waits = []

    async def deaf():
        waits.append("heard nothing")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        waits.append("again")
        await asyncio.sleep(3600)
        yield {}

    async def scenario(server):
        await until(lambda: waits)

    monkeypatch.setattr(bell, "messages", deaf)

    serve(scenario)

    assert waits == ["heard nothing", "again"]
