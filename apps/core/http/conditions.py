"""Conditional requests, as RFC 9110 has them."""

from django.http import HttpRequest
from django.utils.http import parse_etags


def is_unchanged(request: HttpRequest, etag: str) -> bool:
    """Whether the caller has what `etag` names: their If-None-Match lists it, strong or weak, or is `*`."""
    listed = parse_etags(request.headers.get("If-None-Match", ""))
    return listed == ["*"] or etag.removeprefix("W/") in [one.removeprefix("W/") for one in listed]


def wanted_range(request: HttpRequest, etag: str) -> str:
    """The Range to answer, empty for none: only GET has one, and none where If-Range names anything but `etag`.

    `etag` is a strong one; a weak one or a date in If-Range never names it.
    """
    applies = request.META["REQUEST_METHOD"] == "GET" and request.headers.get("If-Range", etag).strip() == etag
    return request.headers.get("Range", "") if applies else ""
