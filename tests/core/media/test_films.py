"""Films, read box by box: how long they are, and where they were taken."""

import struct
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.media.films import Broken, is_quicktime, read_film, strip_places
from tests.client import media_file
from tests.samples import box, boxes_of, damaged

FILM = media_file("clip.mp4").read()
MOVIE = media_file("clip.mov").read()
SOMEWHERE = b"+52.5200+013.4050/"
ADOBE = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def read(content):
    return read_film(BytesIO(content), len(content))


def stripped(content):
    file = BytesIO(content)
    strip_places(file, read_film(file, len(content)))
    return file.getvalue()


def with_boxes(film, *added):
    """A film with these boxes at the end of its `moov`."""
    index = boxes_of(film)[b"moov"]
    return film.replace(index, box(b"moov", index[8:], *added))


def text(content):
    return struct.pack(">HH", len(content), 0x15C7) + content


def values(*items):
    """The `ilst` of a `meta` box, of types and contents."""
    return box(b"ilst", *(box(type, box(b"data", struct.pack(">II", 1, 0), content)) for type, content in items))


def keys(*names):
    return box(b"keys", struct.pack(">II", 0, len(names)), *(box(b"mdta", name) for name in names))


HANDLER = box(b"hdlr", bytes(8), b"mdta", bytes(13))
APPLE = (b"com.apple.quicktime.make", b"com.apple.quicktime.location.ISO6709", b"com.apple.quicktime.model")
FACTS = values((b"\0\0\0\1", b"Spyphone"), (b"\0\0\0\2", SOMEWHERE), (b"\0\0\0\3", b"Nine"))
PLACES = {
    "QuickTime": box(b"udta", box(b"\xa9xyz", text(SOMEWHERE)), box(b"\xa9mak", text(b"Spyphone"))),
    "QuickTime, ended by a zero": box(b"udta", box(b"\xa9xyz", text(SOMEWHERE)), box(b"name", b"Spyphone"), bytes(4)),
    "of a track": box(b"trak", box(b"udta", box(b"\xa9xyz", text(SOMEWHERE)), box(b"name", b"Spyphone"))),
    "with a long length": box(b"udta", box(b"\xa9xyz", text(SOMEWHERE), long=True), box(b"name", b"Spyphone")),
    "3GPP": box(b"udta", box(b"loci", bytes(6), b"Berlin\0", bytes(13), SOMEWHERE), box(b"titl", b"Spyphone")),
    "iTunes": box(b"udta", box(b"meta", bytes(4), HANDLER, values((b"\xa9xyz", SOMEWHERE), (b"\xa9nam", b"Spyphone")))),
    "Apple's keys": box(b"meta", HANDLER, keys(*APPLE), FACTS),
    "Apple's keys behind the values": box(b"meta", HANDLER, FACTS, keys(*APPLE)),
    "Apple's keys, with a version": box(b"meta", bytes(4), HANDLER, keys(*APPLE), FACTS),
    "an action camera": box(b"udta", box(b"GPMF", b"DEVC", SOMEWHERE), box(b"FIRM", b"Spyphone")),
    "a dashboard camera": box(b"gps ", SOMEWHERE) + box(b"udta", box(b"name", b"Spyphone")),
    "Adobe": box(b"uuid", ADOBE, b"<exif:GPSLatitude>", SOMEWHERE) + box(b"udta", box(b"name", b"Spyphone")),
}


@pytest.mark.parametrize("film", [FILM, MOVIE], ids=["MP4", "MOV"])
@pytest.mark.parametrize("place", PLACES)
def test_where_it_was_taken_is_overwritten_and_nothing_else(film, place):
    sent = with_boxes(film, PLACES[place])

    kept = stripped(sent)

    changed = [position for position in range(len(sent)) if sent[position] != kept[position]]
    boxes = PLACES[place]
    start = sent.index(boxes)
    assert SOMEWHERE in sent
    assert SOMEWHERE not in kept
    assert b"Berlin" not in kept
    assert b"Spyphone" in kept
    assert len(kept) == len(sent)
    assert start <= min(changed) <= max(changed) < start + len(boxes)
    assert read(kept).seconds == 2.0
    assert list(boxes_of(kept)) == list(boxes_of(sent))


def test_what_a_whole_file_says_of_its_place_goes_too():
    sent = FILM + box(b"uuid", ADOBE, SOMEWHERE) + box(b"udta", box(b"\xa9xyz", text(SOMEWHERE)))

    assert SOMEWHERE not in stripped(sent)


@pytest.mark.parametrize("film", [FILM, MOVIE], ids=["MP4", "MOV"])
def test_a_film_that_tells_no_place_keeps_its_bytes(film):
    assert stripped(film) == film


def header(version, scale, duration):
    numbers = struct.pack(">QQIQ" if version else ">IIII", 0, 0, scale, duration)
    return box(b"mvhd", bytes([version, 0, 0, 0]), numbers, bytes(80))


@pytest.mark.parametrize(
    ("version", "scale", "duration", "seconds"),
    [
        (0, 1000, 2500, 2.5),
        (1, 90_000, 90_000 * 60, 60.0),
        (0, 0, 2500, None),
        (0, 1000, 0, None),
        (0, 1000, 2**32 - 1, None),
        (1, 1, 2**64 - 1, None),
    ],
)
def test_it_says_how_long_it_is_unless_that_makes_no_sense(version, scale, duration, seconds):
    assert read(box(b"ftyp", b"isom") + box(b"moov", header(version, scale, duration))).seconds == seconds


@pytest.mark.parametrize("moov", [b"", box(b"mvhd"), box(b"mvhd", bytes(3)), box(b"MVHD", bytes(100))])
def test_a_film_that_does_not_say_is_taken(moov):
    assert read(box(b"ftyp", b"isom") + box(b"moov", moov)).seconds is None


@pytest.mark.parametrize("long", [False, True])
def test_the_last_box_may_leave_its_length_open(long):
    moov = box(b"moov", header(0, 1000, 2000), long=long)
    open_end = bytes(4) + box(b"mdat", b"x" * 100)[4:]

    assert read(moov + open_end).seconds == 2.0


@pytest.mark.parametrize("content", [b"x", box(b"moov", header(0, 1, 2)) + b"<html>", box(b"mdat", b"x"), FILM[:-1]])
def test_half_a_film_is_broken(content):
    with pytest.raises(Broken):
        read(content)


OLD_FILM = boxes_of(MOVIE)


@pytest.mark.parametrize(
    ("names", "known"),
    [
        (["wide", "mdat", "moov"], True),
        (["mdat", "moov"], True),
        (["moov", "wide", "mdat"], True),
        (["free", "moov", "mdat"], True),
        (["skip", "moov", "mdat"], True),
        (["pnot", "moov", "mdat"], True),
        (["uuid", "moov", "mdat"], False),
    ],
)
def test_a_film_without_its_type_is_known_by_its_boxes(names, known):
    film = b"".join(OLD_FILM.get(name.encode()) or box(name.encode(), bytes(12)) for name in names)

    assert is_quicktime(BytesIO(film), len(film)) is known
    assert read(film).seconds == 2.0


@pytest.mark.parametrize("words", [b"The free lunch is over, and so it goes.", b"A\0\0\0mdat", b"mdat", b""])
def test_other_files_are_not_taken_for_films(words):
    assert not is_quicktime(BytesIO(words), len(words))


# Hostile ones


def endless(*path):
    """Boxes in each other, whose innermost says that it has no length; nothing else is in the file."""
    inner = bytes(4) + path[-1] + bytes(40)
    for name in reversed(path[:-1]):
        inner = box(name, bytes(4) if name == b"meta" else b"", inner)
    return box(b"ftyp", b"M4A ", bytes(4), b"M4A mp42") + box(b"moov", inner)


def nested(name, depth):
    content = b""
    for _ in range(depth):
        content = box(name, content)
    return content


HOSTILE = {
    "a cover without a length": endless(b"udta", b"meta", b"ilst", b"covr", b"data"),
    "a name without a length": endless(b"udta", b"meta", b"ilst", b"----", b"name"),
    "a track without a length": endless(b"trak"),
    "keys without a length": endless(b"meta", b"keys"),
    "tracks in tracks": box(b"moov", nested(b"trak", 5000)),
    "meta in meta": box(b"moov", nested(b"meta", 5000)),
    "many keys": box(b"moov", box(b"meta", HANDLER, keys(*[b"location"] * 20_000), FACTS)),
    "many values": box(b"moov", box(b"meta", HANDLER, values(*[(b"\xa9xyz", b"x")] * 20_000))),
    "many empty boxes": box(b"moov", box(b"udta")) + box(b"free") * 200_000,
    "lengths of 64 bits": box(b"moov", b"\0\0\0\1trak" + b"\xff" * 8, bytes(100)),
    "lengths of 64 bits that are too short": box(b"moov", b"\0\0\0\1trak" + struct.pack(">Q", 4), bytes(100)),
    "a child that is longer than its parent": box(b"moov", struct.pack(">I", 2**31) + b"udta", bytes(100)),
    "a child that ends in its brother": box(b"moov", struct.pack(">I", 24) + b"udta", box(b"\xa9xyz", bytes(30))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_film_comes_to_an_end(name):
    content = HOSTILE[name]

    try:
        kept = stripped(content)
    except Broken:
        kept = content

    assert len(kept) == len(content)


def test_the_smallest_endless_film_is_small():
    assert len(HOSTILE["a name without a length"]) < 257


TYPES = [b"moov", b"trak", b"udta", b"meta", b"ilst", b"keys", b"data", b"mvhd", b"\xa9xyz", b"loci", b"uuid", b"hdlr"]
SEEDS = st.integers(0, 2**32)
PATIENCE = settings(deadline=timedelta(seconds=10), max_examples=150, derandomize=True, database=None)


def lying_boxes(chance, depth=0):
    """Boxes in boxes, of which some say another length than they have."""
    if depth == 6 or chance.random() < 0.2:
        return chance.randbytes(chance.randrange(40))
    inside = [lying_boxes(chance, depth + 1) for _ in range(chance.randrange(4))]
    whole = box(chance.choice(TYPES), *inside, long=chance.random() < 0.2)
    length = chance.choice([None, None, None, chance.randrange(40), chance.randrange(2**32)])
    return whole if length is None else length.to_bytes(4) + whole[4:]


@PATIENCE
@given(seed=SEEDS)
def test_any_boxes_come_to_an_end_and_keep_their_length(seed):
    chance = Random(seed)
    content = box(b"ftyp", b"qt  ") + box(b"moov", *(lying_boxes(chance) for _ in range(4)))

    kept = stripped(content)

    assert len(kept) == len(content)
    assert read(kept).places == []


@PATIENCE
@given(film=st.sampled_from([FILM, MOVIE, *(with_boxes(FILM, place) for place in PLACES.values())]), seed=SEEDS)
def test_a_damaged_film_comes_to_an_end(film, seed):
    content = damaged(film, Random(seed))

    with suppress(Broken):
        assert len(stripped(content)) == len(content)
