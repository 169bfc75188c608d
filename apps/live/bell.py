"""The bell: tells every process that somebody's log has grown. It may be lost; the log may not.

Between processes it rings through Redis where there is one, else through PostgreSQL. On SQLite nothing is sent:
the web process looks whether the file has changed.
"""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

CHANNEL = "infloo_live"
MAX_NAMED = 500
"""More people than this are rung for as everybody: PostgreSQL carries 8,000 bytes."""
REDIS_SECONDS = 0.2
REDIS_REST_SECONDS = 1
"""While Redis is down, a request tries it this often, not each time."""
LOOK_SECONDS = 0.1
"""How often the web process looks at a SQLite file."""

PROCESS = secrets.token_hex(8)
Message = dict[str, Any]

here: Callable[[Message], None] | None = None
"""Where this process has somebody who listens; see hub."""
redis_rests_until = 0.0


def ring(user_ids: Collection[int]) -> None:
    """These people's logs have grown; to be called after the commit."""
    send({"users": list(user_ids) if len(user_ids) <= MAX_NAMED else None}, here_too={"users": list(user_ids)})


def publish_transient(user_id: int, event: str, data: str) -> None:
    """Something that stands in no log."""
    message = {"transient": [user_id, event, data]}
    send(message, here_too=message)


def send(message: Message, *, here_too: Message) -> None:
    if here:
        here(here_too)
    body = orjson.dumps(message | {"from": PROCESS}).decode()
    if settings.REDIS_URL:
        send_by_redis(body)
    elif connection.vendor == "postgresql":
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, body])
        except DatabaseError:
            logger.exception("the bell does not ring")


def send_by_redis(body: str) -> None:
    global redis_rests_until  # noqa: PLW0603  # one for the process
    if time.monotonic() < redis_rests_until:
        return
    try:
        redis_client().publish(CHANNEL, body)
    except RedisError:
        redis_rests_until = time.monotonic() + REDIS_REST_SECONDS
        logger.warning("the bell does not ring: Redis is down")


@lru_cache(maxsize=1)
def redis_client() -> Redis:
    options = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
    return Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **options)


async def messages() -> AsyncGenerator[Message]:
    """What other processes send, until the line breaks; begins with an empty message once it stands."""
    if settings.REDIS_URL:
        source = redis_bodies()
    elif connection.vendor == "postgresql":
        source = postgresql_bodies()
    else:
        source = sqlite_changes()
    async with aclosing(source):
        async for body in source:
            message: Message = orjson.loads(body)
            if message.get("from") != PROCESS:
                yield message


async def redis_bodies() -> AsyncGenerator[str | bytes]:
    client = AsyncRedis.from_url(settings.REDIS_URL, socket_connect_timeout=1, health_check_interval=5)
    async with client, client.pubsub() as pubsub:
        await pubsub.subscribe(CHANNEL)
        yield b"{}"
        while True:
            if message := await pubsub.get_message(ignore_subscribe_messages=True, timeout=5):
                yield message["data"]


async def postgresql_bodies() -> AsyncGenerator[str | bytes]:
    """A connection of its own, not one of a pool: it stays where it has said LISTEN."""
    async with await psycopg.AsyncConnection.connect(**postgresql_address(), autocommit=True) as line:
        await line.execute(f"LISTEN {CHANNEL}")
        yield b"{}"
        async with aclosing(line.notifies()) as notifications:
            async for notification in notifications:
                yield notification.payload


def postgresql_address() -> dict[str, Any]:
    given = settings.DATABASES["default"]
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    address = {name: given[key] for key, name in names.items() if given.get(key)}
    options = {name: value for name, value in given.get("OPTIONS", {}).items() if name != "pool"}
    return {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, **options, **address}


async def sqlite_changes() -> AsyncGenerator[str | bytes]:
    """Says that anybody's log may have grown, whenever somebody has written into the file."""
    # Without a timeout: who waits for the file would hold up the loop.
    address = Path(settings.DATABASES["default"]["NAME"]).absolute().as_uri()
    file = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=0)
    try:
        seen = None
        while True:
            (version,) = file.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                yield b'{"users": null}'
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        file.close()
