"""Pictures, decoded and encoded anew by a process of their own."""

import threading
import time
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.core.media import pictures
from apps.core.media.decoder.source import FORMATS
from apps.core.media.errors import DAMAGED, TOO_COSTLY, Busy
from apps.core.media.pictures import Decoder, Reading
from tests.client import image_file
from tests.samples import DISPLAY_P3, LINEAR_GREY, RED_INK, encoded, huge_png, png, png_header, png_of

KINDS = {format: kind for kind, format in FORMATS.items()}
STILLS = ["JPEG", "PNG", "WEBP"]


def read(content, format, job="fresh", **options):
    """What the decoder says, and what it made of this."""
    upload = SimpleUploadedFile("picture", content)
    return pictures.decoder.read(upload, KINDS[format], job, **options), upload.file.getvalue()


def made(content, format, job="fresh", **options):
    reading, fresh = read(content, format, job, **options)
    assert reading.refused is None
    return Image.open(BytesIO(fresh))


def square(content, format, side=64):
    return made(content, format, "square", side=side)


# Avatars


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (2000, 1), (1, 2000), (700, 900)])
def test_every_kind_of_picture_becomes_a_square_webp(mode, size):
    format = "JPEG" if mode == "CMYK" else "PNG"

    picture = square(encoded(Image.new(mode, size), format), format)

    assert (picture.format, picture.size) == ("WEBP", (64, 64))


@pytest.mark.parametrize("format", STILLS)
@pytest.mark.parametrize("size", [(900, 300), (300, 900)])
def test_of_a_picture_the_middle_becomes_the_square(format, size):
    image = Image.new("RGB", size, "red")
    image.paste("blue", tuple((side - 300) // 2 for side in size) + tuple((side + 300) // 2 for side in size))

    picture = square(encoded(image, format), format).convert("RGB")

    assert all(picture.getpixel(corner)[2] > 200 > 60 > picture.getpixel(corner)[0] for corner in [(1, 1), (62, 62)])


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_stays(format):
    red, blue = Image.new("RGB", (30, 30), "red"), Image.new("RGB", (30, 30), "blue")
    content = encoded(red, format, save_all=True, append_images=[blue])

    for picture in (square(content, format), made(content, format, "still")):
        assert picture.n_frames == 1
        assert picture.convert("RGB").getpixel((8, 8))[0] > 240


def test_to_look_whether_a_picture_is_whole_changes_nothing():
    content = encoded(Image.new("RGB", (40, 30)), "JPEG")

    assert read(content, "JPEG", "check") == (Reading(1200, None), content)


# What telephones and cameras write


def with_place():
    """EXIF as a telephone writes it: where it was, and that it was held upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "Secretphone"
    return exif


JOBS = [("square", {"side": 16}), ("fresh", {}), ("still", {})]


@pytest.mark.parametrize(("job", "options"), JOBS)
@pytest.mark.parametrize("format", STILLS)
def test_place_and_camera_stay_behind(format, job, options):
    content = encoded(Image.new("RGB", (40, 20)), format, exif=with_place())

    _, fresh = read(content, format, job, **options)

    assert b"Secretphone" in content
    assert b"Secretphone" not in fresh
    assert not Image.open(BytesIO(fresh)).getexif()


def words():
    info = PngInfo()
    info.add_text("Comment", "secret")
    info.add_itxt("XML:com.adobe.xmp", "<x>secret</x>")
    return info


@pytest.mark.parametrize(
    ("format", "said"),
    [
        ("PNG", {"pnginfo": words()}),
        ("WEBP", {"xmp": b"<x>secret</x>"}),
        ("JPEG", {"comment": b"secret", "icc_profile": b"secret" * 30}),
    ],
)
@pytest.mark.parametrize(("job", "options"), JOBS)
def test_comments_and_other_metadata_stay_behind(format, said, job, options):
    content = encoded(Image.new("RGB", (40, 20)), format, **said)

    assert b"secret" in content
    assert b"secret" not in read(content, format, job, **options)[1]


@pytest.mark.parametrize(("job", "options"), [("square", {"side": 40}), ("fresh", {})])
@pytest.mark.parametrize("format", STILLS)
@pytest.mark.parametrize("size", [40, 300])
def test_the_picture_is_turned_as_the_camera_says(format, job, options, size):
    image = Image.new("RGB", (size, size), "blue")
    image.paste("red", (0, 0, size, size // 2))  # red above; turned by a quarter it is on the right

    picture = made(encoded(image, format, exif=with_place()), format, job, **options).convert("RGB")

    assert picture.getpixel((picture.width * 7 // 8, picture.height // 2))[0] > 200
    assert picture.getpixel((picture.width // 8, picture.height // 2))[2] > 200


@pytest.mark.parametrize("damage", [b"MM\x00\x2b", b"XX\x00\x2a", b"MM\x00\x2a\xff\xff\xff\xff"])
def test_damaged_metadata_does_not_refuse_a_picture(damage):
    content = encoded(Image.new("RGB", (40, 20)), "JPEG", exif=with_place())
    broken = content.replace(b"MM\x00\x2a\x00\x00\x00\x08"[: len(damage)], damage).replace(
        b"II\x2a\x00\x08\x00\x00\x00"[: len(damage)], damage
    )

    assert broken != content
    assert square(broken, "JPEG", 16).size == (16, 16)
    assert sorted(made(broken, "JPEG").size) == [20, 40]


# Colours

IN_P3, IN_SRGB = (200, 100, 50), (216, 92, 24)
"""The same colour; see https://www.w3.org/TR/css-color-4/#color-conversion-code."""


def is_near(colour, expected, by=4):
    return all(abs(one - other) <= by for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize(("job", "options"), JOBS)
@pytest.mark.parametrize(
    ("format", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")]
)
def test_wide_colours_are_converted_to_srgb(format, mode, job, options):
    image = Image.new("RGB", (40, 40), IN_P3)
    image = image.quantize(4) if mode == "P" else image.convert(mode)

    picture = made(encoded(image, format, icc_profile=DISPLAY_P3, quality=95), format, job, **options)

    assert is_near(picture.convert("RGB").getpixel((8, 8)), IN_SRGB)
    assert "icc_profile" not in picture.info


def test_what_can_be_seen_through_stays_so_in_other_colours():
    image = Image.new("RGBA", (4, 4), (*IN_P3, 77))

    assert made(encoded(image, icc_profile=DISPLAY_P3), "PNG").getpixel((1, 1))[3] == 77


@pytest.mark.parametrize(("format", "mode"), [("PNG", "L"), ("PNG", "LA"), ("PNG", "I;16"), ("JPEG", "L")])
def test_greys_with_a_profile_are_converted_too(format, mode):
    value = {"LA": (64, 200), "I;16": 64 << 8}.get(mode, 64)

    picture = made(encoded(Image.new(mode, (40, 40), value), format, icc_profile=LINEAR_GREY), format)

    assert is_near([picture.convert("L").getpixel((8, 8))], [137])
    assert picture.convert("RGBA").getpixel((8, 8))[3] == (200 if mode == "LA" else 255)


@pytest.mark.parametrize(
    ("profile", "colour"), [(RED_INK, (244, 70, 75)), (None, (0, 255, 255)), (b"no profile" * 20, (0, 255, 255))]
)
def test_inks_are_what_their_profile_says(profile, colour):
    content = encoded(Image.new("CMYK", (40, 40), (255, 0, 0, 0)), "JPEG", icc_profile=profile)

    for picture in (made(content, "JPEG"), square(content, "JPEG", 16)):
        assert is_near(picture.convert("RGB").getpixel((8, 8)), colour)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("profile", [b"no profile", DISPLAY_P3[:200], DISPLAY_P3[:128] + b"\xff" * 300, RED_INK])
def test_a_broken_profile_counts_as_none(mode, profile):
    plain = made(encoded(Image.new(mode, (4, 4))), "PNG")

    picture = made(encoded(Image.new(mode, (4, 4)), icc_profile=profile), "PNG")

    assert (picture.mode, picture.tobytes()) == (plain.mode, plain.tobytes())


# Sixteen bits a colour

HALF, QUARTER, FULL = b"\x80\x10", b"\x40\x00", b"\xff\xff"


@pytest.mark.parametrize(
    ("colour", "row", "before", "pixels"),
    [
        (0, HALF + QUARTER + FULL, [], [(128, 128, 128, 255), (64, 64, 64, 255), (255, 255, 255, 255)]),
        (4, HALF + QUARTER + FULL + HALF, [], [(128, 128, 128, 64), (255, 255, 255, 128)]),
        (2, HALF + QUARTER + FULL, [], [(128, 64, 255, 255)]),
        (6, HALF + QUARTER + FULL + HALF, [], [(128, 64, 255, 128)]),
        (0, HALF + b"\x80\x11", [(b"tRNS", HALF)], [(128, 128, 128, 0), (128, 128, 128, 255)]),
        (2, (HALF + QUARTER + FULL), [(b"tRNS", HALF + QUARTER + FULL)], [(128, 64, 255, 0)]),
    ],
    ids=["grey", "grey with alpha", "RGB", "RGBA", "grey with a transparent one", "RGB with a transparent one"],
)
def test_deep_colours_are_scaled_not_clipped(colour, row, before, pixels):
    content = png_of(16, colour, [row], len(pixels), *before)

    picture = made(content, "PNG").convert("RGBA")

    assert [picture.getpixel((column, 0)) for column in range(picture.width)] == pixels


def test_a_deep_grey_avatar_is_grey():
    content = encoded(Image.new("I;16", (90, 90), 0x8000))

    assert is_near(square(content, "PNG").convert("RGB").getpixel((30, 30)), (128, 128, 128))


# What is refused


@pytest.mark.parametrize("format", STILLS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("job", ["check", "fresh"])
def test_half_a_picture_is_refused(format, part, job):
    noise = encoded(Image.effect_noise((200, 200), 90).convert("RGB"), format)

    reading, _ = read(noise[: int(len(noise) * part)], format, job)

    assert reading.refused == DAMAGED


@pytest.mark.parametrize("side", [8_001, 20_000, 2**31 - 1])
@pytest.mark.parametrize("job", ["check", "fresh", "still"])
def test_more_than_64_million_pixels_are_refused_before_they_take_memory(side, job):
    assert read(huge_png(side), "PNG", job)[0] == Reading(0, "The picture has more than 64 million pixels.")


def webp_header(side):
    """A lossless WebP that breaks off behind its size."""
    return b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + ((side - 1) | (side - 1) << 14).to_bytes(4, "little") + bytes(8)


@pytest.mark.parametrize(
    ("content", "format", "limit"),
    [
        (webp_header(5_292), "WEBP", 28),
        (encoded(Image.new("RGBA", (3_465, 3_465)), "WEBP", lossless=True, method=0), "WEBP", 12),
        (webp_header(16_384), "WEBP", 28),
    ],
)
def test_webp_has_limits_of_its_own(content, format, limit):
    assert read(content, format)[0] == Reading(0, f"The picture has more than {limit} million pixels.")


def test_a_progressive_jpeg_in_full_colour_has_a_limit_of_its_own():
    """Only its header counts: what is said of the size, of 7500 × 7500 pixels, is not true."""
    content = encoded(Image.new("RGB", (16, 16)), "JPEG", progressive=True, subsampling=0)
    start = content.index(b"\xff\xc2") + 5
    large = content[:start] + (7_500).to_bytes(2) * 2 + content[start + 4 :]

    assert read(large, "JPEG")[0].refused == "The picture has more than 51 million pixels."


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_what_only_begins_like_a_picture_is_refused(kind):
    beginning = encoded(Image.new("L", (9, 9)), kind)[:20]

    assert read(beginning + b"<html>", kind)[0].refused == DAMAGED


def test_it_tells_how_many_pixels_it_took_also_of_what_is_refused():
    content = png(png_header(3000, 1000), (b"IDAT", b"nothing"), (b"IEND", b""))

    assert read(content, "PNG")[0] == Reading(3_000_000, DAMAGED)


# The process


@pytest.fixture
def decoder():
    decoder = Decoder()
    yield decoder
    decoder.stop()


def check(decoder):
    return decoder.read(image_file(), "image/png", "check")


def test_it_gets_no_secret(decoder):
    check(decoder)

    with open(f"/proc/{decoder.process.pid}/environ") as environment:
        names = {line.partition("=")[0] for line in environment.read().split("\0") if line}
    assert names <= {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR", "MALLOC_MMAP_THRESHOLD_"}


def test_it_is_started_again_when_it_has_ended(decoder):
    check(decoder)
    decoder.process.kill()
    decoder.process.wait()

    assert check(decoder) == Reading(1200, None)


def test_a_picture_that_kills_it_is_refused_and_costs_as_much_as_any(decoder, monkeypatch):
    monkeypatch.setattr(pictures, "DEADLINE_SECONDS", 0)

    assert check(decoder) == Reading(64_000_000, TOO_COSTLY)

    monkeypatch.undo()
    assert check(decoder) == Reading(1200, None)


def test_an_answer_that_nobody_waited_for_is_not_given_to_the_next(decoder):
    class Broken(SimpleUploadedFile):
        def chunks(self, chunk_size=None):
            raise KeyError

    with pytest.raises(KeyError):
        decoder.read(Broken("picture", b"x"), "image/png", "check")

    assert check(decoder) == Reading(1200, None)


def test_who_waits_too_long_is_told_that_it_is_busy(decoder, monkeypatch):
    monkeypatch.setattr(pictures, "WAIT_SECONDS", 0.05)

    with decoder.turn(), pytest.raises(Busy) as refusal:
        check(decoder)

    assert (refusal.value.status, refusal.value.code) == (503, "busy")
    assert int(refusal.value.headers["Retry-After"]) > 0
    assert check(decoder).refused is None


def test_who_waits_a_little_gets_a_turn(decoder):
    with decoder.turn():
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(check(decoder)))
        waiting.start()
        time.sleep(0.05)
        assert answers == []
    waiting.join()

    assert answers == [Reading(1200, None)]


def test_only_so_many_may_wait(settings):
    settings.DECODER_QUEUE = 0
    decoder = Decoder()

    with decoder.turn(), pytest.raises(Busy):
        check(decoder)
