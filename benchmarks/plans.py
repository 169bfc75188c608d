"""How PostgreSQL answers each list; an operation that reads a big table from end to end is refused."""

import itertools
import re
import statistics
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from apps.messaging.models import Message
from apps.notifications.models import Notification
from benchmarks.caller import Asked, client_of, milliseconds, queries_of
from benchmarks.data import World
from benchmarks.size import BUSY, FRIEND, POPULAR_EVENT, POPULAR_STORY, ROOM, username

BIG = 10_000
"""Rows; a larger table may not be read from end to end."""
QUERIES = 3
"""Who is calling, the count, the rows."""
MORE_QUERIES = {
    "/connections/mutual/": (4, "whose list it is has to be found"),
    "/stories/1/": (4, "whose list it is has to be found"),
}
"""By the beginning of the path."""
KNOWN_COUNTS = {
    "/users": "meta.total counts everybody listed; a filter that many meet is compared with all",
    "/events": "meta.total counts every visible event, of active hosts only",
}
"""COUNTs that have to touch everything visible, and why."""
ROUNDS = 5

Plan = dict[str, Any]


def paths(person: int) -> list[str]:
    """Each list, with each of its filters."""
    now, middle = timezone.now(), middle_of(Notification.objects.filter(receiver=person)).pk
    written = middle_of(Message.objects.filter(sender=person))
    letter, partner = written.pk, written.receiver_id
    month, week = (f"{now - timedelta(days=days):%Y-%m-%dT%H:%MZ}" for days in (30, 7))
    own = [
        f"/stories/{POPULAR_STORY}/viewers",
        f"/events/{POPULAR_EVENT}/attendees",
        f"/chat/conversations/room{ROOM}/messages",
    ]
    return [
        "/users",
        "/users?page=500",
        "/users?search=berger",
        "/users?search=elif.costa12",
        "/users?search=nobody+is+called+so",
        "/users?search=be",
        "/users?search=qz",
        "/users?role=brand",
        "/users?verified=true",
        "/users?category=art",
        "/users?country=DE",
        "/users?platform=tiktok",
        "/users?min_followers=100000",
        "/users?platform=tiktok&min_followers=1000",
        "/users?role=brand&verified=true&category=art&country=DE&platform=tiktok&min_followers=1000",
        f"/users/profile/{username(FRIEND)}",
        "/connections",
        "/connections?status=accepted",
        "/connections?status=pending",
        "/connections?direction=sent",
        "/connections?direction=received&status=pending",
        f"/connections/mutual/{FRIEND}",
        "/stories",
        "/stories/my_stories",
        "/events",
        *(f"/events?when={when}" for when in ("past", "ongoing", "upcoming")),
        "/events?search=gala",
        "/events?search=gala+1234",
        "/events?search=be",
        f"/events?host={BUSY}",
        f"/events/{POPULAR_EVENT}",
        "/chat",
        f"/chat?before={letter}",
        f"/chat?after={letter}",
        f"/chat?user_id={partner}",
        f"/chat?user_id={partner}&before={letter}",
        f"/chat?user_id={partner}&after={letter}",
        "/chat/conversations",
        "/chat/conversations?page=5",
        "/notifications",
        f"/notifications?before={middle}",
        f"/notifications?after={middle}",
        *(f"/notifications?is_read={value}" for value in ("false", "true")),
        "/notifications?type=event",
        "/notifications?code=follow_request",
        "/notifications?priority=high",
        f"/notifications?created_after={week}",
        f"/notifications?created_before={month}",
        "/notifications/unread-count",
        "/stream/poll?cursor=1",
        "/blocks",
        *(own if person == BUSY else []),
    ]


def middle_of(rows: QuerySet[Any]) -> Any:
    return rows.order_by("pk")[rows.count() // 2]


def main(world: World) -> list[str]:
    """What must not be, in sentences."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off; SET plan_cache_mode = force_generic_plan")  # as in the web processes
    sizes = table_sizes()
    complaints: list[str] = []
    for who, person in (("the busy person", BUSY), ("an ordinary person", world.ordinary)):
        print(f"\nplans; {world.users:,} people, {who} asks")
        client = client_of(person)
        complaints += [f"{who}: {sentence}" for path in paths(person) for sentence in examine(client, path, sizes)]
    return complaints


def table_sizes() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")
        return {name: int(rows) for name, rows in cursor.fetchall()}


def examine(client: Client, path: str, sizes: dict[str, int]) -> Iterator[str]:
    def call() -> Any:
        return client.get(f"/api/v1{path}")

    call()
    queries = queries_of(call)
    print(f"\n{path}   {len(queries)} queries, {statistics.median(milliseconds(call, ROUNDS)):.1f} ms")
    allowed = next((more for start, (more, _) in MORE_QUERIES.items() if path.startswith(start)), QUERIES)
    if len(queries) > allowed:
        yield f"GET {path} sends {len(queries)} queries; {allowed} are allowed."
    for query in queries[1:]:  # the first asks who is calling
        answer = explain(query)
        what = "count" if query.sql.startswith("SELECT COUNT(*)") else "rows"
        tables = read_whole(answer["Plan"], sizes)
        print(f"    {what:5} {describe(answer)}")
        if tables and what == "count" and path.partition("?")[0] in KNOWN_COUNTS:
            print(f"          reads all of {', '.join(tables)}, as is known")
        elif tables:
            print(f"          READS ALL OF {', '.join(tables)}")
            yield f"GET {path}: the {what} read all of {', '.join(tables)}."


def explain(query: Asked) -> Plan:
    with connection.cursor() as cursor:
        if query.is_kept:
            cursor.execute(f"PREPARE kept AS {numbered(query.sql)}")
            values = f"({', '.join(['%s'] * len(query.parameters))})" if query.parameters else ""
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE kept{values}", query.parameters)
        else:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}", query.parameters)
        answer: Plan = cursor.fetchone()[0][0]
        cursor.execute("DEALLOCATE ALL")
        return answer


def numbered(sql: str) -> str:
    """With places as PREPARE writes them."""
    numbers = itertools.count(1)
    return re.sub("%[%s]", lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_read(node: Plan) -> int:
    """What one step went through each time, kept or not."""
    removed = [node.get(f"Rows Removed by {reason}", 0) for reason in ("Filter", "Index Recheck", "Join Filter")]
    return int(node["Actual Rows"] + sum(removed))


def read_whole(plan: Plan, sizes: dict[str, int]) -> list[str]:
    """The big tables in a sequential scan, or of which an index was read that far that it comes to the same."""
    scans = [node for node in nodes(plan) if sizes.get(node.get("Relation Name", ""), 0) > BIG]
    tables = {
        node["Relation Name"]: sizes[node["Relation Name"]]
        for node in scans
        if node["Node Type"] == "Seq Scan" or rows_read(node) > sizes[node["Relation Name"]] / 2
    }
    return [f"{name} ({rows:,} rows)" for name, rows in sorted(tables.items())]


def describe(answer: Plan) -> str:
    steps = list(nodes(answer["Plan"]))
    indexes = sorted({step["Index Name"] for step in steps if "Index Name" in step})
    most = max(rows_read(step) * step["Actual Loops"] for step in steps)
    compiling = f" ({answer['JIT']['Timing']['Total']:.1f} of them compiling)" if "JIT" in answer else ""
    times = f"{answer['Execution Time']:8.1f} ms{compiling}, {answer['Planning Time']:.1f} to plan"
    return f"{times}; {most:,} rows in the largest step; {', '.join(indexes) or 'no index'}"
