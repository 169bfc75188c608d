"""Office files are folders in one file. What they are stands in its directory, which is all that is read of them."""

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_DIRECTORY_BYTES = 1024 * 1024

OPEN_XML = "application/vnd.openxmlformats-officedocument."
ROOTS = {
    b"word/": f"{OPEN_XML}wordprocessingml.document",
    b"xl/": f"{OPEN_XML}spreadsheetml.sheet",
    b"ppt/": f"{OPEN_XML}presentationml.presentation",
}
OPEN_DOCUMENTS = {
    f"application/vnd.oasis.opendocument.{name}".encode() for name in ("text", "spreadsheet", "presentation")
}
STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}


class NoDirectory(Exception):
    """The file breaks off before its directory, or that is damaged."""


# ZIP: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

END = struct.Struct("<4s4H2LH")
ENTRY = struct.Struct("<20x2L3H8xL")
LOCAL = struct.Struct("<4s22x2H")
END_MARK, ENTRY_MARK = b"PK\x05\x06", b"PK\x01\x02"
MAX_COMMENT_BYTES = 0xFFFF
ELSEWHERE = 0xFFFFFFFF
"""In the place of a number that is too large for it (ZIP64)."""
MAX_TYPE_BYTES = 100
OTHER_FORMATS = (b"vbaProject.bin", b"workbook.bin")
"""Files with programs in them, and Excel's binary ones, go under names of their own."""


class Entry(NamedTuple):
    """`offset` is where its local header stands; in a file that is as long as it is stored, nothing is compressed."""

    stored: int
    size: int
    offset: int


def kind_in_zip(file: IO[bytes], size: int) -> str | None:
    """The MIME type of what begins like a ZIP, `application/zip` at least; None for office files not known here."""
    names = dict(entries(file, size))
    if b"[Content_Types].xml" in names:
        if any(name.endswith(OTHER_FORMATS) for name in names):
            return None
        found = [kind for root, kind in ROOTS.items() if any(name.startswith(root) for name in names)]
        return found[0] if len(found) == 1 else "application/zip"
    said = first_bytes(file, names[b"mimetype"]) if b"mimetype" in names else b""
    return said.decode() if said in OPEN_DOCUMENTS else "application/zip"


def entries(file: IO[bytes], size: int) -> Iterator[tuple[bytes, Entry]]:
    """Names and places of what the directory lists; nothing where that is larger than any office file's."""
    directory = directory_of(file, size)
    position = 0
    while directory[position : position + 4] == ENTRY_MARK and len(directory) - position >= ENTRY.size:
        stored, length, name, extra, comment, offset = ENTRY.unpack_from(directory, position)
        position += ENTRY.size
        yield directory[position : position + name], Entry(stored, length, offset)
        position += name + extra + comment


def directory_of(file: IO[bytes], size: int) -> bytes:
    tail = read(file, max(size - END.size - MAX_COMMENT_BYTES, 0), END.size + MAX_COMMENT_BYTES)
    mark = tail.rfind(END_MARK)
    if mark < 0 or len(tail) - mark < END.size:
        raise NoDirectory
    *_, length, offset, _ = END.unpack_from(tail, mark)
    if length > MAX_DIRECTORY_BYTES or offset == ELSEWHERE:
        return b""
    directory = read(file, offset, length)
    if length and not directory.startswith(ENTRY_MARK):
        raise NoDirectory
    return directory


def first_bytes(file: IO[bytes], entry: Entry) -> bytes:
    """The content of a small file that is not compressed."""
    head = read(file, entry.offset, LOCAL.size)
    if len(head) < LOCAL.size or not head.startswith(ZIP) or not entry.stored == entry.size <= MAX_TYPE_BYTES:
        return b""
    _, name, extra = LOCAL.unpack(head)
    return read(file, entry.offset + LOCAL.size + name + extra, entry.size)


def read(file: IO[bytes], position: int, length: int) -> bytes:
    file.seek(position)
    return file.read(length)


# OLE2, the compound files of Office 97: [MS-CFB]

HEADER_BYTES, FIRST_TABLES = 512, 109
MAX_TABLE_LISTS, MAX_NAMES = 100, 1_000
LARGEST = 0xFFFFFFFA
"""The largest number of a sector or a record; larger ones say that there is none."""
RECORD = struct.Struct("<64sHBx3L48x")
STREAM = 2


def kind_in_ole(file: IO[bytes]) -> str | None:
    """The MIME type of an office file, by the streams that lie at its root; None for any other."""
    kinds = {STREAMS[name] for name in CompoundFile(file).root_streams() if name in STREAMS}
    return kinds.pop() if len(kinds) == 1 else None


class CompoundFile:
    """Sectors of one size; tables say for each of them which is next."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        header = read(file, 0, HEADER_BYTES)
        if len(header) < HEADER_BYTES or header[30] not in (9, 12):
            raise NoDirectory
        self.sector_bytes = 1 << header[30]
        self.directory, more = (struct.unpack_from("<L", header, at)[0] for at in (48, 68))
        self.tables = list(struct.unpack_from(f"<{FIRST_TABLES}L", header, 76))
        for _ in range(MAX_TABLE_LISTS):
            if more > LARGEST:
                break
            *tables, more = self.numbers(more)
            self.tables += tables

    def sector(self, number: int) -> bytes:
        content = read(self.file, (number + 1) * self.sector_bytes, self.sector_bytes)
        if not content:
            raise NoDirectory
        return content.ljust(self.sector_bytes, b"\xff")

    def numbers(self, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self.sector_bytes // 4}L", self.sector(number))

    def after(self, number: int) -> int:
        """Which sector is next, or a number above `LARGEST`."""
        table, position = divmod(number, self.sector_bytes // 4)
        if table >= len(self.tables) or self.tables[table] > LARGEST:
            return LARGEST + 1
        return self.numbers(self.tables[table])[position]

    def records(self) -> list[tuple[bytes, int, int, int, int, int]]:
        content, number = b"", self.directory
        for _ in range(MAX_DIRECTORY_BYTES // self.sector_bytes):
            if number > LARGEST:
                break
            content += self.sector(number)
            number = self.after(number)
        return list(RECORD.iter_unpack(content))

    def root_streams(self) -> Iterator[str]:
        """The names in the root's own folder, a tree: each record knows one to its left and one to its right."""
        records = self.records()
        if not records:
            raise NoDirectory
        ahead = [records[0][-1]]
        for _ in range(MAX_NAMES):
            while ahead and ahead[-1] >= len(records):
                ahead.pop()
            if not ahead:
                break
            name, length, type, left, right, _ = records[ahead.pop()]
            ahead += [left, right]
            if type == STREAM:
                yield name[: max(length - 2, 0)].decode("utf-16-le", "replace")
