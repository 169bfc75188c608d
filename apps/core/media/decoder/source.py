"""What the decoder is given, and how it says no."""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
MAX_PIXELS = 64_000_000
MAX_WEBP_PIXELS = 28_000_000
MAX_RICH_WEBP_PIXELS = 12_000_000
"""libwebp holds a picture four times while it reads it; ten times while it writes one that is transparent or moves."""
MAX_FRAMES = 500
BYTES_PER_PIXEL = 8
"""Of a picture with `MAX_PIXELS`, two copies fit into memory: as it was, and turned or in other colours."""

BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, LookupError, RuntimeError, struct.error, *BOMB)
"""What Pillow's decoders raise for damaged files, from inside their formats too."""


class Refused(Exception):
    """The picture is not kept; the argument is the sentence for whoever sent it."""


@dataclass
class Source:
    """A picture's file: its content and MIME type. `pixels` is what decoding it costs, once that is known."""

    content: bytes
    kind: str
    pixels: int = 0

    def open(self) -> Image.Image:
        """The picture, not decoded yet; one with too many pixels, or that is none, is refused."""
        picture = opened(self.content, FORMATS[self.kind])
        self.count(picture.width * picture.height, limit_of(picture))
        return picture

    def count(self, pixels: int, limit: int = MAX_PIXELS) -> None:
        """These are about to be decoded; more than `limit` are refused, and then none will be."""
        if pixels > limit:
            self.pixels = 0
            raise Refused(too_many(limit))
        self.pixels = max(self.pixels, pixels)


def too_many(limit: int) -> str:
    return f"The picture has more than {limit // 1_000_000} million pixels."


def opened(content: bytes, format: str) -> Image.Image:
    """A picture of this format, not decoded yet; more pixels than it may have are refused before they take memory."""
    limit = MAX_WEBP_PIXELS if format == "WEBP" else MAX_PIXELS
    Image.MAX_IMAGE_PIXELS = limit // 2  # Pillow warns of more than these, and refuses more than twice as many
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(BytesIO(content), formats=(format,))
        except Image.DecompressionBombError as error:
            raise Refused(too_many(limit)) from error


def limit_of(picture: Any) -> int:
    """How many pixels can be read and written again, by what that costs for each."""
    if picture.format == "WEBP":
        return MAX_RICH_WEBP_PIXELS if picture.is_animated or picture.mode == "RGBA" else MAX_WEBP_PIXELS
    if "progressive" not in picture.info:
        return MAX_PIXELS
    # Until such a JPEG is read to its end, libjpeg keeps two bytes of every sample.
    areas = [vertical * horizontal for _, vertical, horizontal, _ in picture.layer]
    largest = max(row[1] for row in picture.layer) * max(row[2] for row in picture.layer)
    cost = 4 + 2 * sum(areas) / max(largest, 1)
    return min(MAX_PIXELS, int(MAX_PIXELS * BYTES_PER_PIXEL / cost) // 1_000_000 * 1_000_000)
