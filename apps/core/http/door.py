"""The outermost door: how much a request may carry, enforced while it is read."""

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import orjson
from django.conf import settings

from apps.core.http import headers as security
from apps.core.http.errors import DomainError, TooLarge
from apps.core.operations.logs import new_request_id

access_log = logging.getLogger("infloo.access")

DRAINED_BYTES = 64 * 1024 * 1024
DRAINED_SECONDS = 10
PIECE = 64 * 1024

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BadLength(DomainError):
    code = "parse_error"
    detail = "The Content-Length is not a number."


class BodyLimit:
    """Answers 413 as soon as a body is announced or grows too large; Django would first store it whole."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif problem := announced_problem(*announcement(scope)):
            await drain(scope, receive)
            await refuse(scope, send, problem)
        else:
            await self.counted(scope, receive, send)

    async def counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit, received, there_is_more = limit_for(announcement(scope)[1]), 0, True

        async def count() -> Mapping[str, Any]:
            nonlocal received, there_is_more
            message = await receive()
            received += len(message.get("body", b""))
            there_is_more = message.get("more_body", False)
            # Told that the caller left, Django forgets the request and what it stored of it.
            return {"type": "http.disconnect"} if received > limit else message

        await self.application(scope, count, send)
        if received > limit:
            if there_is_more:
                await drain(scope, receive)
            await refuse(scope, send, TooLarge())


def announcement(scope: Scope) -> tuple[str, str]:
    headers = dict(scope["headers"])
    length, content_type = headers.get(b"content-length", b"0"), headers.get(b"content-type", b"")
    return length.decode("latin-1"), content_type.decode("latin-1")


def announced_problem(length: str, content_type: str) -> DomainError | None:
    if not (length.isascii() and length.isdigit()):
        return BadLength()
    return TooLarge() if int(length[:20]) > limit_for(content_type) else None


def limit_for(content_type: str) -> int:
    is_form = content_type.lower().startswith("multipart/form-data")
    limit: int = settings.MAX_UPLOAD_BYTES if is_form else settings.MAX_BODY_BYTES
    return limit


async def drain(scope: Scope, receive: Receive) -> None:
    """Throw away what is still being sent, within reason: who writes before reading would not see the answer."""
    if b"expect" in dict(scope["headers"]):  # waits for our word
        return
    left = DRAINED_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAINED_SECONDS):
            while left > 0 and (message := await receive()).get("more_body"):
                left -= len(message["body"])


async def refuse(scope: Scope, send: Send, error: DomainError) -> None:
    request_id = new_request_id(dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1"))
    body = orjson.dumps(error.envelope())
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal_headers(request_id, body)]
    await send({"type": "http.response.start", "status": error.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
    log_refusal(scope["method"], scope["path"], error, request_id)


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
        body, content_type = environ["wsgi.input"], environ.get("CONTENT_TYPE", "")
        with tempfile.SpooledTemporaryFile(max_size=settings.MAX_BODY_BYTES) as stored:
            problem = announced_problem(environ.get("CONTENT_LENGTH") or "0", content_type)
            if problem is None and "HTTP_TRANSFER_ENCODING" in environ:
                problem = take_in(environ, stored, limit_for(content_type))
            if problem is None:
                return application(environ, start_response)
        drain_input(body)
        return [refuse_wsgi(environ, start_response, problem)]

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


def refuse_wsgi(environ: WSGIEnvironment, start_response: StartResponse, error: DomainError) -> bytes:
    request_id = new_request_id(environ.get("HTTP_X_REQUEST_ID"))
    body = orjson.dumps(error.envelope())
    start_response(f"{error.status} {HTTPStatus(error.status).phrase}", refusal_headers(request_id, body))
    log_refusal(environ["REQUEST_METHOD"], environ["PATH_INFO"], error, request_id)
    return body
