"""Files of every kind, made up: what programs write, and what nobody should."""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from random import Random
from typing import Any

from PIL import GifImagePlugin, Image


def damaged(content: bytes, chance: Random) -> bytes:
    """With a few other bytes, and perhaps broken off."""
    broken = bytearray(content)
    for _ in range(chance.randrange(12)):
        broken[chance.randrange(len(broken))] = chance.choice([0, 1, 255, chance.randrange(256)])
    return bytes(broken[: chance.choice([len(broken), chance.randrange(len(broken))])])


# Pictures


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    target = BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def composed(content: bytes) -> list[Image.Image]:
    """The frames of a moving picture as they are shown."""
    picture, frames = Image.open(BytesIO(content)), []
    for number in range(picture.n_frames):
        picture.seek(number)
        frames.append(picture.convert("RGBA"))
    return frames


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_header(width: int, height: int, depth: int = 8, colour: int = 0) -> tuple[bytes, bytes]:
    """Of which `colour` 0 is grey, 2 RGB, 4 grey with alpha and 6 RGBA."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def png_of(depth: int, colour: int, rows: Sequence[bytes], width: int, *before: tuple[bytes, bytes]) -> bytes:
    """A PNG of these rows of samples, in any depth, with these chunks before them."""
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return png(png_header(width, len(rows), depth, colour), *before, (b"IDAT", pixels), (b"IEND", b""))


def huge_png(side: int) -> bytes:
    """A few bytes that claim to be a picture of side × side pixels."""
    return png(png_header(side, side, 1), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))


def gif(size: tuple[int, int], frames: list[tuple[Image.Image, tuple[int, int], dict[str, Any]]]) -> bytes:
    """Of frames in mode P, each with its place and with what GIF says of it (disposal, transparency, duration)."""
    parts = [b"GIF89a" + struct.pack("<HHBBB", *size, 0, 0, 0)]
    for image, place, said in frames:
        parts += GifImagePlugin.getdata(image, place, include_color_table=True, **said)
    return b"".join(parts) + b";"


def apng(
    size: tuple[int, int],
    frames: list[tuple[Image.Image, tuple[int, int], int, int]],
    still: Image.Image | None = None,
) -> bytes:
    """Of frames in RGBA with their places, disposals and blendings; `still` is for those who know no animations."""

    def pixels(image: Image.Image) -> bytes:
        return b"".join(data for name, data in png_chunks(encoded(image)) if name == b"IDAT")

    chunks, number = [png_header(*size, 8, 6), (b"acTL", struct.pack(">II", len(frames), 7))], 0
    if still is not None:
        chunks.append((b"IDAT", pixels(still)))
    for image, (left, top), disposal, blending in frames:
        control = struct.pack(">IIIIIHHBB", number, *image.size, left, top, 1, 10, disposal, blending)
        chunks.append((b"fcTL", control))
        number += 1
        if number == 1 and still is None:
            chunks.append((b"IDAT", pixels(image)))
        else:
            chunks.append((b"fdAT", struct.pack(">I", number) + pixels(image)))
            number += 1
    return png(*chunks, (b"IEND", b""))


def png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 8
    while position < len(content):
        length, name = struct.unpack_from(">I4s", content, position)
        found.append((name, content[position + 8 : position + 8 + length]))
        position += length + 12
    return found


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def riff_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Of a WebP."""
    found, position = [], 12
    while position < len(content):
        name, length = struct.unpack_from("<4sI", content, position)
        found.append((name, content[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return found


# Colour profiles: https://www.color.org/specification/ICC.2-2001-04.pdf


def profile(space: bytes, tags: dict[bytes, bytes], connection: bytes = b"XYZ ", kind: bytes = b"mntr") -> bytes:
    position, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", position + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    white = struct.pack(">iii", 63190, 65536, 54061)
    head = b"\0\0\0\0test" + bytes.fromhex("02100000") + kind + space + connection + bytes(12) + b"acsp" + bytes(28)
    body = head.ljust(68, b"\0") + white
    body = body.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data
    return struct.pack(">I", len(body)) + body[4:]


def place_of(*numbers: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">iii", *(round(number * 65536) for number in numbers))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


DISPLAY_P3 = profile(
    b"RGB ",
    {
        b"wtpt": place_of(0.9642, 1, 0.8249),
        b"rXYZ": place_of(0.5151, 0.2412, -0.0011),
        b"gXYZ": place_of(0.2920, 0.6922, 0.0419),
        b"bXYZ": place_of(0.1571, 0.0666, 0.7841),
        b"rTRC": gamma(2.2),
        b"gTRC": gamma(2.2),
        b"bTRC": gamma(2.2),
    },
)
LINEAR_GREY = profile(b"GRAY", {b"wtpt": place_of(0.9642, 1, 0.8249), b"kTRC": gamma(1)})


def ink_table() -> bytes:
    """Cyan ink is red, black ink is black, the others cannot be seen."""
    straight = bytes(range(256))
    colours = b""
    for corner in range(16):
        cyan, black = corner >> 3 & 1, corner & 1
        colours += bytes([0 if black else 255 - 110 * cyan, 128 + 70 * cyan, 128 + 50 * cyan])
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    return b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + straight * 4 + colours + straight * 3


RED_INK = profile(b"CMYK", {b"A2B0": ink_table()}, connection=b"Lab ", kind=b"prtr")


# Films


def box(type: bytes, *contents: bytes, long: bool = False) -> bytes:
    content = b"".join(contents)
    if long:
        return struct.pack(">I4sQ", 1, type, len(content) + 16) + content
    return struct.pack(">I4s", len(content) + 8, type) + content


def boxes_of(film: bytes) -> dict[bytes, bytes]:
    """The boxes of an MP4 or QuickTime file, by their names."""
    found, rest = {}, film
    while rest:
        length = int.from_bytes(rest[:4])
        found[rest[4:8]] = rest[:length]
        rest = rest[length:]
    return found


# Office files


def zip_of(*names: str, contents: dict[str, bytes] | None = None) -> bytes:
    """A ZIP of these names in this order, and of files with `contents`, which are stored as they are."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            content = (contents or {}).get(name)
            kind = zipfile.ZIP_DEFLATED if content is None else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), b"<xml/>" * 10 if content is None else content, kind)
    return target.getvalue()
