"""WebP and its animations: https://developers.google.com/speed/webp/docs/riff_container"""

import struct
from collections.abc import Iterator
from typing import IO, Any

from apps.core.media.decoder.colours import as_shown
from apps.core.media.decoder.frames import Reader, count_frames, encoded
from apps.core.media.decoder.source import Source, opened
from apps.core.media.decoder.stills import loaded, still

MOVES, ALPHA = 0x02, 0x10
PICTURE = (b"ALPH", b"VP8 ", b"VP8L")
FRAME_HEAD = 16


def fresh_webp(source: Source, target: IO[bytes]) -> None:
    """A moving one keeps its frames, and how they are laid over each other."""
    picture: Any = source.open()
    moves, canvas, profile = picture.is_animated, picture.width * picture.height, picture.info.get("icc_profile")
    del picture  # and its decoder's memory
    if not moves:
        return still(source, target)
    chunks = list(chunks_of(source.content[len(b"RIFFsizeWEBP") :]))
    frames = [(data[:FRAME_HEAD], dict(chunks_of(data[FRAME_HEAD:]))) for name, data in chunks if name == b"ANMF"]
    count_frames(source, canvas, [frame_size(head) for head, _ in frames])
    said = {name: data for name, data in chunks if name in (b"VP8X", b"ANIM")}
    flags = MOVES | (0 if all(pixels.keys() <= {b"VP8 "} for _, pixels in frames) else ALPHA)
    written = chunk(b"VP8X", struct.pack("<I", flags) + said[b"VP8X"][4:10]) + chunk(b"ANIM", said[b"ANIM"][:6])
    for head, pixels in frames:
        written += chunk(b"ANMF", head + fresh_frame(frame_size(head), pixels, profile))
    target.write(riff(written))
    return None


def frame_size(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[6:9], "little") + 1, int.from_bytes(head[9:12], "little") + 1


def fresh_frame(size: tuple[int, int], pixels: dict[bytes, bytes], profile: bytes | None) -> bytes:
    """What stands in a frame behind its head: `pixels` are its chunks. What was without loss stays so."""
    alone = b"".join(chunk(name, pixels[name]) for name in PICTURE if name in pixels)
    if b"ALPH" in pixels:
        last = b"".join((side - 1).to_bytes(3, "little") for side in size)
        alone = chunk(b"VP8X", struct.pack("<I", ALPHA) + last) + alone
    picture = as_shown(loaded(opened(riff(alone), "WEBP")), profile)
    lossless = {"lossless": True, "exact": True, "quality": 50} if b"VP8L" in pixels else {}
    fresh = encoded(picture, "image/webp", method=2, **lossless)  # there may be many
    return b"".join(chunk(name, data) for name, data in chunks_of(fresh[12:]) if name in PICTURE)


def riff(chunks: bytes) -> bytes:
    return chunk(b"RIFF", b"WEBP" + chunks)


def chunks_of(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of what stands one after the other."""
    file = Reader(content)
    while file.left >= 8:
        name, length = struct.unpack("<4sI", file.take(8))
        yield name, file.take(length)
        file.take(min(length % 2, file.left))


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
