"""What happens, as it happens: a stream, and a poll of the same log."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, cast

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Query
from pydantic import Field, create_model

from apps.core.http.auth import ListenerRequest, listening
from apps.core.http.conditions import is_unchanged
from apps.core.http.routing import Router
from apps.core.http.schemas import Out, Reply
from apps.live.log import LogPage, read
from apps.live.schemas import PollQuery, StreamEvent, StreamQuery
from apps.live.server import Continuation
from apps.live.streams import opening

router = Router(tags=["notifications"])

STREAM_ANSWER: dict[str, Any] = {
    "response": {200: None},
    "openapi_extra": {
        "responses": {
            200: {
                "description": "Server-sent events: those that `GET /stream/poll` lists, with the same ids, and"
                " `typing`, `reset` and `closed`.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        }
    },
}
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def polled(events: tuple[type[StreamEvent], ...]) -> Any:
    """The shape of a poll's answer, with that of every event that may stand in a log."""
    shapes: list[Any] = []
    for event in events:
        fields: dict[str, Any] = {"event": Literal[event.name], "data": event.model_fields["data"].annotation}
        shapes.append(create_model(event.__name__, __base__=Out, id=str, **fields))
    one: Any = Annotated[reduce(or_, shapes), Field(discriminator="event")]
    return create_model("PollOut", __base__=Out, events=list[one], cursor=str, reset=bool)


def seq_of(cursor: str | None, last_seq: int) -> int:
    """Without a cursor one starts at now; one that is none of ours leads to a reset."""
    if not cursor:
        return last_seq
    return int(cursor) if cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18 else -1


def log_page_for(request: ListenerRequest, cursor: str | None, limit: int = 100) -> LogPage:
    listener = request.listener
    after = seq_of(cursor, listener.last_seq)
    return read(user_id=listener.user_id, after=after, last_seq=listener.last_seq, limit=limit)


def continuation_of(request: HttpRequest) -> Continuation:
    """Where an asynchronous server reads how to go on; other servers answer what there is, and end."""
    continuation: Continuation = getattr(request, "scope", {}).get("live") or Continuation()
    return continuation if request.META["REQUEST_METHOD"] == "GET" else Continuation()


def add_operations(*shapes: type[StreamEvent]) -> Router:
    """The two operations; `shapes` are all that may stand in a log."""
    answer = cast(Any, Reply)[polled(shapes)]

    @router.get("/stream", auth=listening, **STREAM_ANSWER)
    def stream(request: ListenerRequest, query: Query[StreamQuery]) -> HttpResponse:
        page = log_page_for(request, request.headers.get("Last-Event-ID") or query.last_event_id)
        continuation = continuation_of(request)
        continuation.listener, continuation.cursor = request.listener, page.cursor
        return HttpResponse(
            opening(page),
            content_type="text/event-stream; charset=utf-8",
            headers=UNBUFFERED,
        )

    @router.get("/stream/poll", auth=listening, response={200: answer, 304: None})
    def poll(request: ListenerRequest, query: Query[PollQuery]) -> HttpResponse:
        page = log_page_for(request, query.cursor, query.limit)
        nothing_new = not page.items and not page.is_reset
        if nothing_new and query.wait:
            continuation = continuation_of(request)
            continuation.listener, continuation.cursor, continuation.wait = request.listener, page.cursor, query.wait
        headers = {"ETag": f'"{page.cursor}"'}
        if nothing_new and is_unchanged(request, headers["ETag"]):
            return HttpResponseNotModified(headers=headers)
        shown = [{"id": str(item.seq), "event": item.event, "data": item.data} for item in page.items if item.is_shown]
        data = {"events": shown, "cursor": str(page.cursor), "reset": page.is_reset}
        body = orjson.dumps({"message": "OK", "data": data})
        return HttpResponse(body, content_type="application/json", headers=headers)

    return router
