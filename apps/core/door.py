"""The outermost door: how much a request may carry, enforced while it is read."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from django.conf import settings

from apps.core.errors import DomainError, TooLarge
from apps.core.logs import new_request_id

access_log = logging.getLogger("infloo.access")

DRAINED_BYTES = 64 * 1024 * 1024
DRAINED_SECONDS = 10

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
        elif problem := announced_problem(dict(scope["headers"])):
            await drain(scope, receive)
            await refuse(scope, send, problem)
        else:
            await self.counted(scope, receive, send)

    async def counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit, received, there_is_more = limit_for(dict(scope["headers"])), 0, True

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


def announced_problem(headers: dict[bytes, bytes]) -> DomainError | None:
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        return BadLength()
    return TooLarge() if int(length[:20]) > limit_for(headers) else None


def limit_for(headers: dict[bytes, bytes]) -> int:
    is_form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
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
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
    line = {"method": scope["method"], "path": scope["path"], "status": error.status, "request_id": request_id}
    access_log.info("refused at the door", extra=line)
