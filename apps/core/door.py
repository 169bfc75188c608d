"""The outermost door: how much a request may carry, enforced while it is read."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from django.conf import settings

from apps.core.errors import TooLarge
from apps.core.logs import new_request_id

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyTooLarge(Exception):
    pass


class BodyLimit:
    """Answers 413 as soon as a body is announced or grows too large; Django would first store it whole."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.application(scope, receive, send)
        headers = dict(scope["headers"])
        limit = limit_for(headers)
        received = 0

        async def counted() -> Mapping[str, Any]:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise BodyTooLarge
            return message

        try:
            if int(headers.get(b"content-length", b"0")) > limit:
                raise BodyTooLarge
            await self.application(scope, counted, send)
        except BodyTooLarge:
            await refuse(scope, send)


def limit_for(headers: dict[bytes, bytes]) -> int:
    is_form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
    limit: int = settings.MAX_UPLOAD_BYTES if is_form else settings.MAX_BODY_BYTES
    return limit


async def refuse(scope: Scope, send: Send) -> None:
    offered = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    body = orjson.dumps(TooLarge().envelope())
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", new_request_id(offered).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
