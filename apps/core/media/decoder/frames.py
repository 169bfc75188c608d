"""Moving pictures: taken apart, each frame encoded anew by itself, and put together as they were.

Frames keep their places, times, and how each is laid over those before it, so that all looks as before. What else is in
the file, before, between and behind them, stays behind.
"""

from io import BytesIO

from PIL import Image

from apps.core.media.decoder.source import MAX_FRAMES, Refused, Source
from apps.core.media.decoder.stills import save

TOO_MANY_FRAMES = f"The picture has more than {MAX_FRAMES} frames."


class Reader:
    """Takes bytes from the front; a file that breaks off is damaged."""

    def __init__(self, content: bytes, position: int = 0) -> None:
        self.content, self.position = content, position

    def take(self, length: int) -> bytes:
        taken = self.content[self.position : self.position + length]
        if len(taken) < length:
            raise EOFError("The file breaks off.")
        self.position += length
        return taken

    @property
    def left(self) -> int:
        return len(self.content) - self.position


def count_frames(source: Source, canvas: int, sizes: list[tuple[int, int]]) -> None:
    """Before any of them is decoded: each costs the whole picture to whoever looks at it."""
    if len(sizes) > MAX_FRAMES:
        raise Refused(TOO_MANY_FRAMES)
    source.count(sum(max(canvas, width * height) for width, height in sizes))


def encoded(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    target = BytesIO()
    save(picture, kind, target, **options)
    return target.getvalue()
