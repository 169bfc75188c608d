"""What the decoder and its caller send each other: a line of JSON, and as many bytes as its `size` says."""

import json
from collections.abc import Iterable
from typing import IO, Any

PIECE = 64 * 1024


def send(stream: IO[bytes], facts: dict[str, Any], content: Iterable[bytes], size: int) -> None:
    stream.write(json.dumps(facts | {"size": size}).encode() + b"\n")
    for piece in content:
        stream.write(piece)
    stream.flush()


def receive(stream: IO[bytes], content: IO[bytes]) -> dict[str, Any]:
    """The facts, while their content is written into `content`; EOFError where the other side has ended."""
    if not (line := stream.readline()):
        raise EOFError
    facts: dict[str, Any] = json.loads(line)
    left: int = facts["size"]
    if left:
        content.seek(0)
        content.truncate()
    while left:
        if not (piece := stream.read(min(left, PIECE))):
            raise EOFError
        content.write(piece)
        left -= len(piece)
    content.seek(0)
    return facts


def pieces(file: IO[bytes]) -> Iterable[bytes]:
    return iter(lambda: file.read(PIECE), b"")
