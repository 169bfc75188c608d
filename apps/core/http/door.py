"""The outermost door: how much a request may carry, enforced while it is read.

A body has up to MAX_BODY_BYTES, whatever its path is; only a form to an operation that takes files may be larger.
"""

import asyncio
import logging
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import orjson
from django.conf import settings

from apps.core.http import cors
from apps.core.http import headers as security
from apps.core.http.errors import DomainError, TooLarge
from apps.core.http.links import API
from apps.core.operations.logs import new_request_id

access_log = logging.getLogger("infloo.access")

DRAINED_BYTES = 32 * 1024 * 1024
DRAINED_SECONDS = 2
PIECE = 64 * 1024

uploads: list[tuple[str, re.Pattern[str], int]] = []
"""Which operations take files: method, path, and how many bytes of files in one form. The router writes it."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BadLength(DomainError):
    code = "parse_error"
    detail = "The Content-Length is not a number."


def allow_uploads(method: str, path: str, up_to: int) -> None:
    """Let a form carry that many bytes of files to this operation; `path` is as ninja spells it."""
    parts = [re.escape(part) for part in re.split(r"{[^}]*}", API + path)]
    uploads.append((method, re.compile("[^/]+".join(parts) + "/?"), up_to))


def limit_for(method: str, path: str, content_type: str) -> int:
    """How many bytes a body of this type may have there."""
    limit: int = settings.MAX_BODY_BYTES
    if content_type.lower().startswith("multipart/form-data"):
        for taking, pattern, up_to in uploads:
            if method == taking and pattern.fullmatch(path):
                return min(up_to + limit, settings.MAX_UPLOAD_BYTES)
    return limit


class BodyLimit:
    """Answers 413 as soon as a body is announced or grows too large; Django would first store it whole."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        length, content_type = announcement(scope)
        limit = limit_for(scope["method"], scope["path"], content_type)
        if problem := announced_problem(length, limit):
            await refuse(scope, receive, send, problem)
        else:
            await self.counted(scope, receive, send, limit)

    async def counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        received, there_is_more = 0, True

        async def count() -> Mapping[str, Any]:
            nonlocal received, there_is_more
            message = await receive()
            received += len(message.get("body", b""))
            there_is_more = message.get("more_body", False)
            # Told that the caller left, Django forgets the request and what it stored of it.
            return {"type": "http.disconnect"} if received > limit else message

        await self.application(scope, count, send)
        if received > limit:
            await refuse(scope, receive, send, TooLarge(), there_is_more=there_is_more)


def announcement(scope: Scope) -> tuple[str, str]:
    headers = dict(scope["headers"])
    length, content_type = headers.get(b"content-length", b"0"), headers.get(b"content-type", b"")
    return length.decode("latin-1"), content_type.decode("latin-1")


def announced_problem(length: str, limit: int) -> DomainError | None:
    if not (length.isascii() and length.isdigit()):
        return BadLength()
    return TooLarge() if int(length[:20]) > limit else None


async def drain(scope: Scope, receive: Receive) -> None:
    """Throw away what is still being sent, but not for long: who writes before reading would not see the answer."""
    if b"expect" in dict(scope["headers"]):  # waits for our word
        return
    left = DRAINED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_SECONDS):
            while left > 0 and (message := await receive()).get("more_body"):
                left -= len(message["body"])


async def refuse(scope: Scope, receive: Receive, send: Send, error: DomainError, *, there_is_more: bool = True) -> None:
    """Answer at once, and then throw away the rest of the body before the connection ends with the answer."""
    request_id = new_request_id(dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1"))
    body = orjson.dumps(error.envelope())
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    shared = cors.refusal_headers(scope["path"], origin).items()
    named = [*refusal_headers(request_id, body), *shared, ("Connection", "close")]
    headers = [(name.lower().encode(), value.encode()) for name, value in named]
    await send({"type": "http.response.start", "status": error.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    log_refusal(scope["method"], scope["path"], error, request_id)
    if there_is_more:
        await drain(scope, receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def refusal_headers(request_id: str, body: bytes) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Request-ID", request_id),
        *security.refusal_headers().items(),
    ]


def log_refusal(method: str, path: str, error: DomainError, request_id: str) -> None:
    line = {"method": method, "path": path, "status": error.status, "request_id": request_id}
    access_log.info("refused at the door", extra=line)


def wsgi_body_limit(application: WSGIApplication) -> WSGIApplication:
    """The same promise under WSGI, whose servers end a body at its announced length.

    One without a length (chunked) is taken in here, for Django would read nothing of it.
    """

    def limited(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        limit = limit_for(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("CONTENT_TYPE", ""))
        with tempfile.SpooledTemporaryFile(max_size=settings.MAX_BODY_BYTES) as stored:
            problem = announced_problem(environ.get("CONTENT_LENGTH") or "0", limit)
            if problem is None and "HTTP_TRANSFER_ENCODING" in environ:
                problem = take_in(environ, stored, limit)
            if problem is None:
                return application(environ, start_response)
        return refuse_wsgi(environ, start_response, problem)

    return limited


def take_in(environ: WSGIEnvironment, stored: IO[bytes], limit: int) -> DomainError | None:
    length = 0
    while piece := environ["wsgi.input"].read(PIECE):
        length += len(piece)
        if length > limit:
            return TooLarge()
        stored.write(piece)
    stored.seek(0)
    environ |= {"wsgi.input": stored, "CONTENT_LENGTH": str(length)}
    return None


def drain_input(body: IO[bytes]) -> None:
    left, deadline = DRAINED_BYTES, time.monotonic() + DRAINED_SECONDS
    while left > 0 and time.monotonic() < deadline and (piece := body.read(PIECE)):
        left -= len(piece)


def refuse_wsgi(environ: WSGIEnvironment, start_response: StartResponse, error: DomainError) -> Iterator[bytes]:
    request_id = new_request_id(environ.get("HTTP_X_REQUEST_ID"))
    body = orjson.dumps(error.envelope())
    shared = cors.refusal_headers(environ["PATH_INFO"], environ.get("HTTP_ORIGIN", "")).items()
    start_response(f"{error.status} {HTTPStatus(error.status).phrase}", [*refusal_headers(request_id, body), *shared])
    log_refusal(environ["REQUEST_METHOD"], environ["PATH_INFO"], error, request_id)
    return answer_first(body, environ["wsgi.input"])


def answer_first(answer: bytes, rest: IO[bytes]) -> Iterator[bytes]:
    yield answer
    drain_input(rest)
