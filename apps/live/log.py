"""Appending to people's logs, and reading them. The database is the truth; whoever loses a bell reads it here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from apps.core.http.links import with_file_urls
from apps.live.models import Entry, Head, Payload, Row
from apps.live.schemas import FILE_URLS

CONTROL = "session_ended"
"""In the log so that it cannot be lost; streams obey it, and clients never see it."""

# Heads are taken in the order of the ids, whoever takes several: nobody waits in a circle.
POSTGRESQL = """
    WITH told AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS told (user_id, object_id)),
    payload AS (
        INSERT INTO live_payload (event, data, actor_id, about, created_at) VALUES (%s, %s, %s, %s, %s)
        RETURNING id, created_at
    ),
    heads AS (
        INSERT INTO live_head (user_id, last_seq) SELECT user_id, 1 FROM told ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET last_seq = live_head.last_seq + 1
        RETURNING user_id, last_seq
    )
    INSERT INTO live_entry (head_id, seq, payload_id, object_id, created_at)
    SELECT user_id, last_seq, payload.id, object_id, created_at FROM heads JOIN told USING (user_id), payload
"""
# SQLite never joins heads: where ANALYZE has counted few of them, it would go through all for each person.
SQLITE_HEADS = """
    INSERT INTO live_head (user_id, last_seq) SELECT json_extract(value, '$[0]'), 1 FROM json_each(%s) WHERE true
    ON CONFLICT (user_id) DO UPDATE SET last_seq = last_seq + 1
    RETURNING user_id, last_seq
"""
SQLITE_ENTRIES = """
    INSERT INTO live_entry (head_id, seq, payload_id, object_id, created_at)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), %s, json_extract(value, '$[2]'), %s
    FROM json_each(%s)
"""
POSTGRESQL_GROWN = """
    SELECT user_id FROM unnest(%s::bigint[], %s::bigint[]) AS seen (id, seq) JOIN live_head ON user_id = id
    WHERE last_seq > seq
"""
SQLITE_ENDS = "SELECT user_id, last_seq FROM live_head WHERE user_id IN (SELECT value FROM json_each(%s))"

Recipients = Sequence[tuple[int, int | None]]
"""Ids of people, each once, and the id that the payload has for each of them, if it has one of its own."""


def append(recipients: Recipients, payload: Payload) -> None:
    """One more entry for each of them, in the transaction of what it tells of."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            users, objects = zip(*recipients, strict=True)
            row = [payload.event, payload.data, payload.actor_id, payload.about, payload.created_at]
            cursor.execute(POSTGRESQL, [list(users), list(objects), *row])
        else:
            payload.save(force_insert=True)
            now = connection.ops.adapt_datetimefield_value(payload.created_at)
            cursor.execute(SQLITE_HEADS, [orjson.dumps(recipients).decode()])
            seqs = dict(cursor.fetchall())
            entries = [(user_id, seqs[user_id], object_id) for user_id, object_id in recipients]
            cursor.execute(SQLITE_ENTRIES, [payload.pk, now, orjson.dumps(entries).decode()])


@dataclass(frozen=True, slots=True)
class Item:
    """One event as one person's clients get it; without data it is one they do not get, but whose number counts."""

    seq: int
    event: str
    data: Any
    object_id: int | None

    @property
    def is_shown(self) -> bool:
        return self.data is not None and self.event != CONTROL

    @property
    def ends_session(self) -> bool:
        return self.event == CONTROL


@dataclass(frozen=True, slots=True)
class LogPage:
    items: list[Item]
    cursor: int
    """How far the items go."""
    has_more: bool = False
    is_reset: bool = False
    """The log does not reach back to where it was asked from; `cursor` is where it ends now."""


def read(*, user_id: int, after: int, last_seq: int, limit: int = 100) -> LogPage:
    """The next entries of a log that was seen to go up to `last_seq`; what came since is for the next reading."""
    if after == last_seq:
        return LogPage([], after)
    rows = list(Entry.objects.between(user_id, after, last_seq)[: limit + 1]) if after < last_seq else []
    if not rows or rows[-1].seq != after + len(rows):
        return LogPage([], last_seq, is_reset=True)
    items = [item_of(row, {}) for row in rows[:limit]]
    return LogPage(items, items[-1].seq, has_more=len(rows) > limit)


def last_seq_of(user_id: int) -> int:
    return Head.objects.filter(user=user_id).values_list("last_seq", flat=True).first() or 0


def grown(seen: Mapping[int, int]) -> list[int]:
    """Whose logs go further than was seen of them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_GROWN, [list(seen), list(seen.values())])
            return [user_id for (user_id,) in cursor.fetchall()]
        cursor.execute(SQLITE_ENDS, [orjson.dumps(list(seen)).decode()])
        return [user_id for user_id, last_seq in cursor.fetchall() if last_seq > seen[user_id]]


def item_of(row: Row, known: dict[int | None, Any]) -> Item:
    """`known` keeps what payloads say, for those who read the same one many times."""
    if row.event is None or row.data is None or row.hidden:
        return Item(row.seq, "", None, None)
    if row.payload_id not in known:
        known[row.payload_id] = orjson.loads(row.data)
    data = known[row.payload_id]
    if fields := FILE_URLS.get(row.event):
        data = with_file_urls(data, fields, row.head_id)
    if row.object_id is not None:
        data = data | {"id": row.object_id}
    return Item(row.seq, row.event, data, row.object_id)
