"""PNG and its animations, APNG: https://www.w3.org/TR/png-3/"""

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from PIL import PngImagePlugin

from apps.core.media.decoder.colours import as_shown
from apps.core.media.decoder.frames import Reader, count_frames, encoded
from apps.core.media.decoder.source import Source, opened
from apps.core.media.decoder.stills import is_deep, still

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA_OF_EIGHT_BITS = bytes([8, 6, 0, 0, 0])
SAID_BEFORE = (b"IHDR", b"PLTE", b"tRNS", b"acTL")


def fresh_png(source: Source, target: IO[bytes]) -> None:
    """A moving one keeps its frames, each in RGBA, and how they are laid over each other."""
    picture = source.open()
    if not (isinstance(picture, PngImagePlugin.PngImageFile) and picture.is_animated):
        return still(source, target)
    profile, canvas = picture.info.get("icc_profile"), picture.size
    before: dict[bytes, bytes] = {}
    frames = list(frames_of(source.content, before))
    sizes = [frame_size(control, canvas) for control, _ in frames]
    count_frames(source, canvas[0] * canvas[1], sizes)
    fresh = [
        (control, fresh_frame(size, data, before, profile, is_deep(source)))
        for size, (control, data) in zip(sizes, frames, strict=True)
    ]
    write(target, before, fresh)
    return None


def frame_size(control: bytes, canvas: tuple[int, int]) -> tuple[int, int]:
    """Of a frame, which has to lie within the picture."""
    if not control:
        return canvas
    width, height, left, top = struct.unpack(">4L", control[4:20])
    if left + width > canvas[0] or top + height > canvas[1]:
        raise ValueError("A frame is outside the picture.")
    return width, height


def frames_of(content: bytes, before: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each frame's control and compressed pixels; what holds for all of them is put into `before`.

    A picture without a control is for those who know no animations.
    """
    control, pixels = b"", bytearray()
    for name, data in chunks_of(content):
        if name in (b"fcTL", b"IEND") and pixels:
            yield control, bytes(pixels)
            pixels.clear()
        if name == b"fcTL":
            control = data[:26]
        elif name == b"IDAT":
            pixels += data
        elif name == b"fdAT":
            pixels += data[4:]
        elif name in SAID_BEFORE:
            before[name] = data


def chunks_of(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents, to the end; a chunk whose checksum is wrong is damage."""
    file, name = Reader(content, len(SIGNATURE)), b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", file.take(8))
        data = file.take(length)
        if file.take(4) != checksum(name, data):
            raise ValueError("A checksum is wrong.")
        yield name, data


def fresh_frame(
    size: tuple[int, int], data: bytes, before: dict[bytes, bytes], profile: bytes | None, deep: bool
) -> bytes:
    """The compressed pixels of a frame, in RGBA."""
    alone = SIGNATURE + chunk(b"IHDR", struct.pack(">LL", *size) + before[b"IHDR"][8:])
    alone += b"".join(chunk(name, before[name]) for name in (b"PLTE", b"tRNS") if name in before)
    picture = opened(alone + chunk(b"IDAT", data) + chunk(b"IEND", b""), "PNG")
    picture.load()
    picture = as_shown(picture, profile, deep=deep).convert("RGBA")
    return b"".join(data for name, data in chunks_of(encoded(picture, "image/png")) if name == b"IDAT")


def write(target: IO[bytes], before: dict[bytes, bytes], frames: list[tuple[bytes, bytes]]) -> None:
    """`frames` are pairs of a control and of compressed pixels, as `frames_of` finds them."""
    moving = sum(1 for control, _ in frames if control)
    target.write(SIGNATURE + chunk(b"IHDR", before[b"IHDR"][:8] + RGBA_OF_EIGHT_BITS))
    target.write(chunk(b"acTL", struct.pack(">I", moving) + before[b"acTL"][4:8]))
    number = 0
    for index, (control, data) in enumerate(frames):
        if control:
            target.write(chunk(b"fcTL", struct.pack(">I", number) + control[4:]))
            number += 1
        if index == 0:
            target.write(chunk(b"IDAT", data))
        else:
            target.write(chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
    target.write(chunk(b"IEND", b""))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + checksum(name, data)


def checksum(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))
