"""A caller that speaks WSGI itself, for what happens before and after Django."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from config.wsgi import application
from tests.asgi import Exchange


class Chunks:
    """What a server gives for a chunked body: it ends where the caller ends it."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts = list(parts)
        self.taken = 0

    def read(self, size: int) -> bytes:
        self.taken += bool(self.parts)
        return self.parts.pop(0) if self.parts else b""


def exchange(method: str, path: str, body: bytes | Iterable[bytes] = b"", **headers: str) -> Exchange:
    """One request; a body in parts is sent chunked. `headers` are spelt with underscores."""
    answer = Exchange()
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path}
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        environ[name] = environ.pop(f"HTTP_{name}", "")
    if isinstance(body, bytes):
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = environ["CONTENT_LENGTH"] or str(len(body))
    else:
        environ |= {"wsgi.input": Chunks(body), "HTTP_TRANSFER_ENCODING": "chunked"}
        del environ["CONTENT_LENGTH"]
    setup_testing_defaults(environ)
    source = environ["wsgi.input"]

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Any:
        answer.status = int(status.split(maxsplit=1)[0])
        answer.headers = {name.lower(): value for name, value in fields}

    response = application(environ, start_response)
    for part in response:
        if not answer.parts:
            answer.taken_before_answer = taken(source)
        answer.parts.append(part)
    if hasattr(response, "close"):
        response.close()
    answer.taken = taken(source)
    return answer


def taken(source: BytesIO | Chunks) -> int:
    return source.taken if isinstance(source, Chunks) else source.tell()
