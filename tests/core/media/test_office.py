"""Office files, known by the directory of what contains them."""

import struct
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.media.kinds import ATTACHMENTS
from apps.core.media.office import NoDirectory, kind_in_ole, kind_in_zip
from tests.samples import damaged, zip_of

OPEN_XML = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
TYPES = "[Content_Types].xml"


def zipped(*names, contents=None):
    content = zip_of(*names, contents=contents)
    return kind_in_zip(BytesIO(content), len(content))


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([TYPES, "_rels/.rels", "word/document.xml"], f"{OPEN_XML}wordprocessingml.document"),
        (["[trash]/0000.dat", TYPES, "word/document2.xml"], f"{OPEN_XML}wordprocessingml.document"),
        (["word/media/image1.png", "word/document.xml", TYPES], f"{OPEN_XML}wordprocessingml.document"),
        ([TYPES, "word/document.xml", "word/embeddings/xl.xlsx"], f"{OPEN_XML}wordprocessingml.document"),
        (["docProps/app.xml", TYPES, "xl/workbook.xml"], f"{OPEN_XML}spreadsheetml.sheet"),
        (["ppt/presentation.xml", TYPES], f"{OPEN_XML}presentationml.presentation"),
        ([TYPES, "word/document.xml", "word/vbaProject.bin"], None),
        ([TYPES, "xl/workbook.bin"], None),
        (["word/document.xml"], "application/zip"),
        ([TYPES, "visio/document.xml"], "application/zip"),
        ([TYPES, "word/document.xml", "xl/workbook.xml"], "application/zip"),
        (["holiday.jpg"], "application/zip"),
        (["x" * 200 + str(number) for number in range(6000)], "application/zip"),
    ],
)
def test_a_zip_is_what_its_directory_says(names, kind):
    assert zipped(*names) == kind


@pytest.mark.parametrize("name", ["text", "spreadsheet", "presentation"])
def test_an_open_document_says_its_type(name):
    said = f"{OPEN_DOCUMENT}{name}".encode()

    assert zipped("mimetype", "content.xml", contents={"mimetype": said}) == said.decode()
    assert zipped("content.xml", "mimetype", contents={"mimetype": said}) == said.decode()


@pytest.mark.parametrize("said", [b"application/epub+zip", b"", b"x" * 5000, f"{OPEN_DOCUMENT}text-template".encode()])
def test_any_other_type_is_a_zip(said):
    assert zipped("mimetype", contents={"mimetype": said}) == "application/zip"


def test_a_type_that_is_compressed_is_not_read():
    assert zipped("mimetype", "content.xml") == "application/zip"


DOCUMENT = zip_of(TYPES, "word/document.xml")


def test_a_comment_does_not_hide_the_directory():
    content = DOCUMENT[:-2] + struct.pack("<H", 3000) + b"PK" * 1500

    assert kind_in_zip(BytesIO(content), len(content)) == f"{OPEN_XML}wordprocessingml.document"


@pytest.mark.parametrize("content", [DOCUMENT[:-30], DOCUMENT[:40], b"PK\x03\x04", b"PK\x03\x04" + bytes(500)])
def test_half_a_zip_has_no_directory(content):
    with pytest.raises(NoDirectory):
        kind_in_zip(BytesIO(content), len(content))


# Office 97

NONE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
STORAGE, STREAM, ROOT = 1, 2, 5


def record(name, type, left=NONE, right=NONE, child=NONE):
    spelt = name.encode("utf-16-le") + b"\0\0"
    numbers = struct.pack("<HBBLLL", len(spelt) if name else 0, type, 1, left, right, child)
    return (spelt.ljust(64, b"\0") + numbers).ljust(128, b"\0")


def compound(*records, shift=9, before=0):
    """A compound file of these records, whose directory stands behind so many empty sectors."""
    size = 1 << shift
    directory = b"".join(records)
    directory += bytes(-len(directory) % size)
    length = len(directory) // size
    tables = 1
    while tables * size // 4 < before + length + tables:
        tables += 1
    chain = [END] * before + [*range(before + 1, before + length), END] + [TABLE] * tables
    chain += [NONE] * (tables * size // 4 - len(chain))
    listed = [before + length + number for number in range(tables)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, shift, 6) + bytes(6)
    head += struct.pack("<9L", 0, tables, before, 0, 4096, END, 0, END, 0)
    head += struct.pack("<109L", *(listed + [NONE] * 109)[:109])
    return head.ljust(size, b"\0") + bytes(before * size) + directory + struct.pack(f"<{len(chain)}L", *chain)


def folder(*names, type=STREAM):
    """A root whose records follow each other to the right."""
    last = len(names)
    rows = [record(name, type, right=NONE if row == last else row + 1) for row, name in enumerate(names, start=1)]
    return [record("Root Entry", ROOT, child=1), *rows]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["1Table", "WordDocument", "\x05SummaryInformation"], "application/msword"),
        (["Workbook"], "application/vnd.ms-excel"),
        (["Book"], "application/vnd.ms-excel"),
        (["Book", "Workbook"], "application/vnd.ms-excel"),
        (["Current User", "PowerPoint Document", "Pictures"], "application/vnd.ms-powerpoint"),
        (["__properties_version1.0", "__nameid_version1.0"], None),
        (["WordDocument", "Workbook"], None),
        (["worddocument.exe"], None),
        ([""], None),
    ],
)
@pytest.mark.parametrize("shift", [9, 12])
@pytest.mark.parametrize("before", [0, 300])
def test_a_compound_file_is_what_lies_at_its_root(names, kind, shift, before):
    assert kind_in_ole(BytesIO(compound(*folder(*names), shift=shift, before=before))) == kind


def test_what_lies_in_a_folder_of_it_says_nothing():
    embedded = [
        record("Root Entry", ROOT, child=1),
        record("ObjectPool", STORAGE, left=2, child=3),
        record("WordDocument", STREAM),
        record("Workbook", STREAM),
    ]

    assert kind_in_ole(BytesIO(compound(*embedded))) == "application/msword"


def test_a_folder_of_that_name_is_no_stream():
    assert kind_in_ole(BytesIO(compound(*folder("WordDocument", type=STORAGE)))) is None


@pytest.mark.parametrize(
    "records",
    [
        [record("Root Entry", ROOT, child=0)],
        [record("Root Entry", ROOT, child=1), record("a", STREAM, left=1, right=1)],
        [record("Root Entry", ROOT, child=7), record("a", STREAM)],
        folder(*(f"stream {number}" for number in range(20_000))),
    ],
)
def test_a_tree_without_an_end_has_one(records):
    assert kind_in_ole(BytesIO(compound(*records))) is None


@pytest.mark.parametrize("length", [8, 100, 512])
def test_half_a_compound_file_has_no_directory(length):
    with pytest.raises(NoDirectory):
        kind_in_ole(BytesIO(compound(*folder("WordDocument"))[:length]))


BEFORE_IT_IS_DAMAGED = [DOCUMENT, compound(*folder("1Table", "WordDocument")), compound(*folder("Book"), shift=12)]


@settings(deadline=timedelta(seconds=10), max_examples=100, derandomize=True, database=None)
@given(content=st.sampled_from(BEFORE_IT_IS_DAMAGED), seed=st.integers(0, 2**32))
def test_a_damaged_file_comes_to_an_end(content, seed):
    broken = damaged(content, Random(seed))

    for look in (lambda file: kind_in_zip(file, len(broken)), kind_in_ole):
        with suppress(NoDirectory):
            assert look(BytesIO(broken)) in {None, *ATTACHMENTS}
