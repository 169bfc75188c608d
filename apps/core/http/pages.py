"""Both kinds of lists: numbered pages of resources, and logs read from a cursor."""

from typing import Any, TypeVar

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from pydantic import Field

from apps.core.http.links import same_page
from apps.core.http.schemas import Answer, Id, Integer, Query
from apps.core.reading.shapes import Shown

R = TypeVar("R", bound=QuerySet[Any])


class PageQuery(Query):
    page: Integer = Field(1, ge=1, le=2**53)
    limit: Integer = Field(20, ge=1, le=100)


class LogQuery(Query):
    before: Id | None = None
    after: Id | None = None
    limit: Integer = Field(20, ge=1, le=100)


def page(
    request: HttpRequest,
    rows: Shown,
    query: PageQuery,
    *,
    total: int | None = None,
) -> HttpResponse:
    """One page of ordered `rows`, which are counted unless it is known how many there are; past the end it is empty."""
    total = rows.count() if total is None else total
    start = (query.page - 1) * query.limit
    meta = {
        "total": total,
        "page": query.page,
        "limit": query.limit,
        "next": same_page(request, page=query.page + 1) if start + query.limit < total else None,
        "previous": same_page(request, page=query.page - 1) if query.page > 1 else None,
    }
    data = rows[start : start + query.limit] if start < total else []
    return json_response({"message": "OK", "data": data, "meta": meta})


def log(
    request: HttpRequest,
    rows: Shown,
    query: LogQuery,
    *,
    oldest_first: bool = False,
    **meta: Any,
) -> HttpResponse:
    """The part of a log that `query` asks for, newest first unless asked otherwise.

    `rows` are those `near` the cursor; `meta` is added to what every log's meta says.
    """
    found = rows[: query.limit + 1]
    data, has_more = found[: query.limit], len(found) > query.limit
    forward = query.after is not None
    cursor = {("after" if forward else "before"): data[-1]["id"]} if has_more else {}
    meta |= {"limit": query.limit, "has_more": has_more, "next": same_page(request, **cursor) if cursor else None}
    return json_response({"message": "OK", "data": data if forward == oldest_first else data[::-1], "meta": meta})


def json_response(content: Answer) -> HttpResponse:
    """An answer made of items, which are as their shape says: nothing is left to check."""
    return HttpResponse(orjson.dumps(content, option=orjson.OPT_UTC_Z), content_type="application/json")


def near(rows: R, before: int | None, after: int | None) -> R:
    """The rows on the asked side of the cursor, nearest first."""
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return rows.order_by("-pk" if after is None else "pk")
