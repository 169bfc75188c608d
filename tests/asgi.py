"""A caller that speaks ASGI itself, for what happens before and after Django."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from config.asgi import application


@dataclass
class Exchange:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    taken: int = 0
    """How many parts of the body the server read."""
    taken_before_answer: int = 0

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)


def exchange(
    method: str, path: str, body: Iterable[bytes] = (b"",), app: Any = application, **headers: str
) -> Exchange:
    """One request, its body sent part by part; `headers` are spelt with underscores."""
    answer, parts = Exchange(), list(body)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.sleep(3600)  # the caller waits for its answer
        answer.taken += 1
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.taken_before_answer = message["status"], answer.taken
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message.get("body"):
            answer.parts.append(message["body"])

    asyncio.run(app(scope, receive, send))
    return answer
