"""Moving pictures: encoded anew, each frame looks as before."""

import struct
from io import BytesIO
from itertools import product
from random import Random

import pytest
from PIL import Image, ImageChops

from apps.core.media.errors import DAMAGED
from apps.core.media.pictures import Reading
from tests.core.media.test_pictures import is_near, made, read
from tests.samples import DISPLAY_P3, apng, composed, encoded, gif, png_chunk, png_chunks, riff_chunk, riff_chunks

SIZE = (20, 16)
TOO_MANY = "The picture has more than 64 million pixels."


def is_same(content, fresh):
    """Whether all frames look alike, pixel by pixel."""
    before, after = composed(content), composed(fresh)
    differences = [ImageChops.difference(one, other) for one, other in zip(before, after, strict=True)]
    return all(difference.getbbox(alpha_only=False) is None for difference in differences)


def times(content):
    picture, found = Image.open(BytesIO(content)), []
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        found.append(picture.info.get("duration"))
    return found, picture.info.get("loop")


def patches(chance, count):
    """Sizes and places; the first covers all."""
    yield SIZE, (0, 0)
    for _ in range(count - 1):
        yield (chance.randint(1, 12), chance.randint(1, 10)), (chance.randint(0, 8), chance.randint(0, 6))


# GIF


def numbers(chance, size):
    """In four colours of its own."""
    image = Image.new("P", size)
    image.putdata([chance.randrange(4) for _ in range(size[0] * size[1])])
    image.putpalette([chance.randrange(256) for _ in range(12)])
    return image


def moving_gif(disposals, transparency):
    chance = Random(str(disposals))
    said = {"transparency": 0} if transparency else {}
    return gif(
        SIZE,
        [
            (numbers(chance, size), place, {"disposal": disposal, "duration": 10 * disposal + 20, **said})
            for disposal, (size, place) in zip(disposals, patches(chance, len(disposals)), strict=True)
        ],
    )


@pytest.mark.parametrize("transparency", [True, False])
@pytest.mark.parametrize("first", range(4))
def test_a_gif_looks_as_before_with_every_disposal(first, transparency):
    for others in product(range(4), repeat=2):
        content = moving_gif((first, *others, 0), transparency)

        fresh = read(content, "GIF")[1]

        assert is_same(content, fresh), others
        assert times(fresh) == times(content)


def drawn(count=6, mode="RGBA"):
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", (40, 30))
        left, top = number * 5, number * 3
        frame.paste((number * 40, 200 - number * 30, 90, 255), (left, top, left + 12, top + 10))
        frames.append(frame.convert("RGB").quantize(8) if mode == "P" else frame.convert(mode))
    return frames


def moving(format, mode="RGBA", **options):
    first, *others = drawn(mode=mode)
    durations = [10, 20, 30, 40, 50, 60]
    return encoded(first, format, save_all=True, append_images=others, duration=durations, **options)


@pytest.mark.parametrize("options", [{}, {"disposal": 2}, {"disposal": 3}, {"interlace": 1}, {"optimize": True}])
@pytest.mark.parametrize("mode", ["RGBA", "P", "L"])
def test_a_gif_as_programs_write_it_looks_as_before(mode, options):
    content = moving("GIF", mode, **options)

    assert is_same(content, read(content, "GIF")[1])


def extension(label, *blocks):
    return b"!" + bytes([label]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


@pytest.mark.parametrize(
    ("name", "loop", "shown"),
    [(b"NETSCAPE2.0", b"\1\3\0", 3), (b"ANIMEXTS1.0", b"\1\0\0", 0), (b"SECRETS 1.0", b"\1\3\0", None)],
)
def test_of_a_gif_only_what_is_shown_stays(name, loop, shown):
    content = moving_gif((1, 2), True)
    secrets = [extension(0xFE, b"secret"), extension(0xFF, b"XMP DataXMP", b"secret"), extension(0x01, b"secret")]
    told = content[:13] + extension(0xFF, name, loop) + b"".join(secrets) + content[13:] + b"secret"

    fresh = read(told, "GIF")[1]

    assert told.count(b"secret") == 4
    assert b"secret" not in fresh.lower()
    assert is_same(content, fresh)
    assert times(fresh)[1] == shown


def test_a_gif_that_does_not_move_stays_one():
    picture = made(encoded(Image.new("P", (40, 30), 3), "GIF"), "GIF")

    assert (picture.format, picture.size, picture.n_frames) == ("GIF", (40, 30), 1)


def test_a_gif_may_lack_its_last_byte():
    content = moving_gif((1, 2), True)

    assert is_same(content, read(content[:-1], "GIF")[1])


def test_frames_that_are_larger_than_their_gif_count_with_their_size():
    frame = bytes.fromhex("2c00000000") + struct.pack("<HH", 8_000, 5_000) + bytes.fromhex("00080000")

    assert read(gif((1, 1), [])[:-1] + frame * 2, "GIF")[0] == Reading(0, TOO_MANY)


# APNG


def colours(chance, size):
    image = Image.new("RGBA", size)
    image.putdata([(*chance.randbytes(3), chance.choice([0, 128, 255])) for _ in range(size[0] * size[1])])
    return image


@pytest.mark.parametrize("still", [None, Image.new("RGBA", SIZE, "red")], ids=["", "with a still"])
@pytest.mark.parametrize(("disposal", "blending"), list(product(range(3), range(2))))
def test_an_apng_looks_as_before_with_every_disposal_and_blending(disposal, blending, still):
    for later in product(range(3), range(2)):
        chance = Random(str(later))
        ways = [(disposal, blending), later, (0, 1)]
        frames = [(colours(chance, size), place) for size, place in patches(chance, len(ways))]
        content = apng(SIZE, [(*frame, *way) for frame, way in zip(frames, ways, strict=True)], still)

        fresh = read(content, "PNG")[1]

        assert is_same(content, fresh), later
        assert times(fresh) == times(content)
        assert controls(fresh) == controls(content)


def controls(content):
    return [chunk for chunk in png_chunks(content) if chunk[0] in (b"acTL", b"fcTL")]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_an_apng_of_any_colours_looks_as_before(mode):
    content = moving("PNG", mode, loop=7)

    fresh = read(content, "PNG")[1]

    assert is_same(content, fresh)
    assert times(fresh) == times(content)


def test_of_an_apng_only_what_is_shown_stays():
    content = moving("PNG")
    told = content[:33] + png_chunk(b"tEXt", b"Comment\0secret") + content[33:] + b"secret"

    fresh = read(told, "PNG")[1]

    assert b"secret" not in fresh
    assert is_same(content, fresh)


def test_a_frame_outside_its_apng_is_damage():
    inside = Image.new("RGBA", SIZE)

    assert read(apng(SIZE, [(inside, (0, 0), 0, 0), (inside, (1, 0), 0, 0)]), "PNG")[0].refused == DAMAGED


# WebP


@pytest.mark.parametrize("options", [{}, {"minimize_size": True}, {"kmin": 1, "kmax": 2}, {"background": (1, 2, 3, 4)}])
@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_a_webp_without_loss_looks_as_before(mode, options):
    content = moving("WEBP", mode, lossless=True, loop=3, **options)

    fresh = read(content, "WEBP")[1]

    assert is_same(content, fresh)
    assert times(fresh) == times(content)


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_a_webp_with_loss_looks_much_as_before(mode):
    content = moving("WEBP", mode, quality=90)

    fresh = read(content, "WEBP")[1]

    for before, after in zip(composed(content), composed(fresh), strict=True):
        difference = ImageChops.difference(before.convert("RGBa"), after.convert("RGBa"))
        assert max(high for _, high in difference.getextrema()) < 40


def test_of_a_webp_only_what_is_shown_stays():
    content = moving("WEBP", lossless=True, xmp=b"<x>secret</x>", exif=b"Exif\0\0secret")

    fresh = read(content, "WEBP")[1]

    assert content.count(b"secret") == 2
    assert b"secret" not in fresh
    assert is_same(content, fresh)


# All of them


@pytest.mark.parametrize(("format", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_wide_colours_are_converted_in_every_frame(format, options):
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((200, 100, 50), (199, 100, 50))]
    content = encoded(frames[0], format, save_all=True, append_images=frames[1:], icc_profile=DISPLAY_P3, **options)

    fresh = read(content, format)[1]

    assert all(is_near(frame.getpixel((4, 4))[:3], (216, 92, 24)) for frame in composed(fresh))
    assert len(composed(fresh)) == 2


def webp(side, frames):
    """Of frames of two pixels."""
    (pixels,) = [data for name, data in riff_chunks(encoded(Image.new("RGB", (2, 2)), "WEBP")) if name == b"VP8 "]
    last = (side - 1).to_bytes(3, "little")
    frame = bytes(6) + b"\1\0\0" * 2 + bytes(4) + riff_chunk(b"VP8 ", pixels)
    chunks = riff_chunk(b"VP8X", b"\2\0\0\0" + last * 2) + riff_chunk(b"ANIM", bytes(6))
    return riff_chunk(b"RIFF", b"WEBP" + chunks + riff_chunk(b"ANMF", frame) * frames)


SMALL = Image.new("RGBA", (2, 2))


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (gif((8_000, 4_001), [(SMALL.convert("P"), (0, 0), {})] * 2), "GIF"),
        (apng((8_000, 4_001), [(SMALL, (0, 0), 0, 0)] * 2), "PNG"),
        (webp(3_000, 8), "WEBP"),
    ],
)
def test_all_frames_together_have_at_most_64_million_pixels(content, format):
    """Whatever they need themselves: each is shown as a whole picture. It is known before they are decoded."""
    assert read(content, format)[0] == Reading(0, TOO_MANY)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_there_are_at_most_500_frames(format):
    frames = [Image.new("L", (2, 2), number % 256) for number in range(501)]
    content = encoded(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)

    assert read(content, format)[0].refused == "The picture has more than 500 frames."


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.52, 0.72, 0.9])
def test_half_a_moving_picture_is_refused(format, part):
    content = moving(format)

    assert read(content[: int(len(content) * part)], format)[0].refused == DAMAGED
