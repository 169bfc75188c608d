"""GIF: https://www.w3.org/Graphics/GIF/spec-gif89a.txt"""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from PIL import GifImagePlugin

from apps.core.media.decoder.frames import Reader, count_frames
from apps.core.media.decoder.source import Source, opened

FRAME, CONTROL, TEXT, APPLICATION = b",", b"\xf9", b"\x01", b"\xff"
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
TABLE, INTERLACED, TABLE_SIZE = 0x80, 0x40, 0x07


class Frame(NamedTuple):
    """`control` says how it is laid over those before it; `table` are colours of its own, which it may lack."""

    control: bytes
    place: bytes
    flags: int
    table: bytes
    data: bytes

    @property
    def size(self) -> tuple[int, int]:
        return struct.unpack("<HH", self.place[4:])


def fresh_gif(source: Source, target: IO[bytes]) -> None:
    """Every frame keeps its numbers and the colours they stand for, and how it is laid over those before it."""
    file = Reader(source.content, len(b"GIF89a"))
    screen = file.take(7)
    width, height, flags = struct.unpack("<HHB", screen[:5])
    table = colour_table(file, flags)
    loops: list[bytes] = []
    frames = list(frames_of(file, loops))
    if not frames:
        raise EOFError("There is no frame.")
    count_frames(source, width * height, [frame.size for frame in frames])
    target.write(b"GIF89a" + screen + table + b"".join(loops[:1]))
    for frame in frames:
        target.write(fresh_frame(frame, flags, table))
    target.write(b";")


def colour_table(file: Reader, flags: int) -> bytes:
    return file.take(3 << ((flags & TABLE_SIZE) + 1)) if flags & TABLE else b""


def frames_of(file: Reader, loops: list[bytes]) -> Iterator[Frame]:
    """What says how often all is shown is put into `loops`; what else there is, is left out."""
    control = b""
    for block in blocks(file):
        if block == FRAME:
            place, flags = file.take(8), file.take(1)[0]
            table, start = colour_table(file, flags), file.position
            file.take(1)  # how many bits the first numbers have
            list(parts(file))
            yield Frame(control, place, flags, table, file.content[start : file.position])
            control = b""
        elif block == CONTROL:
            control = b"!" + CONTROL + b"\x04" + b"".join(parts(file))[:4].ljust(4, b"\0") + b"\0"
        elif block == APPLICATION:
            name, said = [*parts(file), b"", b""][:2]
            if name in LOOPS and said[:1] == b"\x01":
                loops.append(b"!" + APPLICATION + b"\x0bNETSCAPE2.0\x03" + said[:3].ljust(3, b"\0") + b"\0")
        else:
            list(parts(file))
            control = b"" if block == TEXT else control


def blocks(file: Reader) -> Iterator[bytes]:
    """`FRAME`, or the label of an extension; what follows it is the caller's to read. Other bytes are passed over."""
    while file.left and (mark := file.take(1)) != b";":
        if mark == FRAME:
            yield mark
        elif mark == b"!":
            yield file.take(1)


def parts(file: Reader) -> Iterator[bytes]:
    while length := file.take(1)[0]:
        yield file.take(length)


def fresh_frame(frame: Frame, screen_flags: int, screen_table: bytes) -> bytes:
    table, flags = (frame.table, frame.flags) if frame.table else (screen_table, screen_flags)
    size = frame.place[4:]
    alone = b"GIF89a" + size + bytes([flags & (TABLE | TABLE_SIZE), 0, 0]) + table
    alone += FRAME + bytes(4) + size + bytes([frame.flags & INTERLACED]) + frame.data + b";"
    # The first part is a header, which says another place, and knows no table of its own.
    body = b"".join(GifImagePlugin.getdata(opened(alone, "GIF"))[1:])
    own_flags = frame.flags & (TABLE | TABLE_SIZE) if frame.table else 0
    return frame.control + FRAME + frame.place + bytes([own_flags]) + frame.table + body
