"""Films and sound in MP4 and QuickTime files: whether they are whole, how long they are, and where they were taken.

Such a file is boxes one after the other, each with its length and its type, and some hold further boxes (ISO/IEC
14496-12, 4.2). Whatever the lengths say, no more than `MAX_BOXES` of them are looked at.
"""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

MAX_BOXES = 10_000
MAX_DEPTH = 8
MAX_KEY_BYTES = 256
PIECE = 64 * 1024
MAX_SECONDS = 24 * 60 * 60
"""Files of a hundred megabytes that say they are longer than a day are mistaken."""

WITHOUT_TYPE = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
"""How a QuickTime file begins that does not say its type: `ftyp` is younger than they are."""
CONTAINERS = {b"moov", b"trak", b"udta", b"meta", b"ilst"}
PLACES = {b"\xa9xyz", b"@xyz", b"loci", b"gps ", b"GPS ", b"GPMF", b"XMP_"}
"""Boxes that say where: QuickTime's and 3GPP's own, of dashboard and action cameras, and XMP, which may."""
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
KEYS_OF_PLACES = (b"location", b"gps")


class Broken(Exception):
    """The boxes do not end where the file does, or there are too many of them."""


class Box(NamedTuple):
    """`position` is where its length stands, `start` where its content begins, `end` where the next box begins."""

    type: bytes
    position: int
    start: int
    end: int


class Film(NamedTuple):
    """What a file says of itself: `places` are the boxes that say where, `values` the (start, end) of such texts."""

    seconds: float | None
    places: list[Box]
    values: list[tuple[int, int]]


def is_quicktime(file: IO[bytes], size: int) -> bool:
    """Whether it begins with a box that fits into it, as films did before they had to say their type."""
    first = Walker(file, size).box_at(0, size)
    return first is not None and first.type in WITHOUT_TYPE


def read_film(file: IO[bytes], size: int) -> Film:
    """Raises `Broken` for half a film, and where nothing says what is in it."""
    walker, end, types = Walker(file, size), 0, set()
    for box in walker.boxes(0, size):
        walker.look_into(box)
        types.add(box.type)
        end = box.end
    if end != size or b"moov" not in types:
        raise Broken
    return Film(walker.seconds, walker.places, walker.values)


def strip_places(file: IO[bytes], film: Film) -> None:
    """Overwrite in `file` what says where it was taken; all the rest stays where and as it is."""
    for box in film.places:
        file.seek(box.position + 4)
        file.write(b"free")
        overwrite(file, box.start, box.end)
    for start, end in film.values:
        overwrite(file, start, end)


def overwrite(file: IO[bytes], start: int, end: int) -> None:
    file.seek(start)
    for position in range(start, end, PIECE):
        file.write(bytes(min(PIECE, end - position)))


class Walker:
    """Reads boxes from a file of so many bytes, and notes what they say."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file, self.size, self.left = file, size, MAX_BOXES
        self.seconds: float | None = None
        self.places: list[Box] = []
        self.values: list[tuple[int, int]] = []

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """What stands between these two positions, up to the first length that makes no sense."""
        while box := self.box_at(start, end):
            self.left -= 1
            if self.left < 0:
                raise Broken
            yield box
            start = box.end

    def box_at(self, position: int, end: int) -> Box | None:
        head, header = self.read(position, 16), 8
        length = int.from_bytes(head[:4])
        if length == 1:
            length, header = int.from_bytes(head[8:]), 16
        elif length == 0 and end == self.size:
            length = end - position  # the last one may leave it open
        if not header <= length <= end - position:
            return None
        return Box(head[4:8], position, position + header, position + length)

    def read(self, position: int, length: int) -> bytes:
        self.file.seek(position)
        return self.file.read(length)

    def look_into(self, box: Box, depth: int = 0) -> None:
        if box.type == b"mvhd":
            self.seconds = seconds_in(self.read(box.start, 32))
        elif box.type in PLACES or (box.type == b"uuid" and self.read(box.start, 16) == XMP):
            self.places.append(box)
        elif box.type == b"meta":
            self.look_into_meta(box, depth)
        elif box.type in CONTAINERS and depth < MAX_DEPTH:
            for inner in self.boxes(box.start, box.end):
                self.look_into(inner, depth + 1)

    def look_into_meta(self, box: Box, depth: int) -> None:
        """Its values stand under names (`©xyz`), or under numbers, which a list of keys gives names to."""
        # QuickTime's has no version in front of its boxes, of which `hdlr` is the first.
        start = box.start if self.read(box.start, 8)[4:] == b"hdlr" else box.start + 4
        inside = list(self.boxes(start, box.end))
        keys = {number for inner in inside if inner.type == b"keys" for number in self.keys_of_places(inner)}
        for inner in inside:
            if depth < MAX_DEPTH:
                self.look_into(inner, depth + 1)
            if inner.type == b"ilst":
                for item in self.boxes(inner.start, inner.end):
                    if int.from_bytes(item.type) in keys:
                        self.note_values(item)

    def keys_of_places(self, box: Box) -> Iterator[int]:
        """The numbers of the keys, from 1, that are about a place; a key has the form of a box."""
        for number, key in enumerate(self.boxes(box.start + 8, box.end), start=1):
            name = self.read(key.start, min(key.end - key.start, MAX_KEY_BYTES)).lower()
            if any(word in name for word in KEYS_OF_PLACES):
                yield number

    def note_values(self, item: Box) -> None:
        for data in self.boxes(item.start, item.end):
            if data.type == b"data":  # its type and language come first
                self.values.append((min(data.start + 8, data.end), data.end))


def seconds_in(header: bytes) -> float | None:
    """How long the film is, by the content of its `mvhd`."""
    long = header[:1] == b"\1"
    try:
        scale, duration = struct.unpack_from(">IQ" if long else ">II", header, 20 if long else 12)
    except struct.error:
        return None
    seconds = duration / scale if scale else 0
    return seconds if 0 < seconds < MAX_SECONDS else None
