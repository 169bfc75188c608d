"""What an uploaded file really is, whatever its name says."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from apps.core.http.errors import Invalid
from apps.core.media.uploads import DOCUMENTS, IMAGES, FileTooLarge, identify, identify_document, square_picture
from tests.client import PDF, image_file, pdf_file

MEGABYTE = 1024 * 1024
DAMAGED = "The file is damaged or incomplete."
NOT_ACCEPTED = "This type of file is not accepted. Accepted are: JPG, PNG, WEBP."


def named(content, name="picture.png"):
    return SimpleUploadedFile(name, content, "image/png")


def picture_of(image, format="PNG", **options):
    target = BytesIO()
    image.save(target, format, **options)
    return named(target.getvalue())


def sentence(check, *arguments, **options):
    """What is said about a file that is refused."""
    with pytest.raises(Invalid) as refusal:
        check(*arguments, **options)
    assert refusal.value.code == "invalid_file"
    assert list(refusal.value.details) == [options.get("field", "file")]
    return refusal.value.detail


def huge_png(side):
    """A few bytes that claim to be a picture of side × side pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_known_by_its_content(format):
    upload = SimpleUploadedFile("letter.txt", image_file(format).read(), "text/plain")

    assert identify(upload, allowed=IMAGES, max_bytes=MEGABYTE) == f"image/{format.lower()}"
    assert identify_document(upload, max_bytes=MEGABYTE) == f"image/{format.lower()}"


def test_a_pdf_is_known_by_its_content():
    assert identify_document(named(PDF), max_bytes=MEGABYTE) == "application/pdf"


def test_afterwards_it_can_be_read_from_its_start():
    upload = pdf_file()

    identify_document(upload, max_bytes=MEGABYTE)

    assert upload.read() == PDF


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg/>',
        b"GIF89a" + b"\0" * 50,
        b"BM" + b"\0" * 50,
        b"MZ" + b"\0" * 500,
        b"PK\x03\x04" + b"\0" * 50,
        b"\0",
        b"just words",
        PDF,
    ],
)
def test_a_disguise_does_not_help(content):
    assert sentence(identify, named(content), allowed=IMAGES, max_bytes=MEGABYTE) == NOT_ACCEPTED


def test_an_empty_file_is_refused():
    said = sentence(identify, named(b""), allowed=DOCUMENTS, max_bytes=MEGABYTE, field="logo")

    assert said == "The submitted file is empty."


def test_a_file_that_is_too_large_is_413():
    with pytest.raises(FileTooLarge) as refusal:
        identify(named(b"x" * (MEGABYTE + 1)), allowed=IMAGES, max_bytes=MEGABYTE)

    assert (refusal.value.status, refusal.value.detail) == (413, "The file is larger than 1 MB.")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_half_a_picture_is_refused(format, part):
    noise = picture_of(Image.effect_noise((200, 200), 90).convert("RGB"), format).read()

    assert sentence(identify_document, named(noise[: int(len(noise) * part)]), max_bytes=MEGABYTE) == DAMAGED


@pytest.mark.parametrize("content", [PDF[:-7], PDF[:20], PDF + b" " * 3000])
def test_half_a_pdf_is_refused(content):
    assert sentence(identify_document, named(content), max_bytes=MEGABYTE) == DAMAGED


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000, 2**31 - 1])
def test_a_decompression_bomb_is_refused_before_it_goes_off(side):
    upload = named(huge_png(side))

    assert sentence(identify_document, upload, max_bytes=MEGABYTE) == "The picture has too many pixels."
    assert sentence(square_picture, upload, 64) == "The picture has too many pixels."


def test_a_picture_that_only_begins_like_one_is_refused():
    assert sentence(square_picture, named(b"\x89PNG\r\n\x1a\n<html>"), 64) == DAMAGED


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (2000, 1), (1, 2000)])
def test_every_kind_of_picture_becomes_a_square_webp(mode, size):
    upload = picture_of(Image.new(mode, size), "JPEG" if mode == "CMYK" else "PNG")

    square = Image.open(square_picture(upload, 64))

    assert (square.format, square.size) == ("WEBP", (64, 64))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_stays(format):
    red, blue = Image.new("RGB", (30, 30), "red"), Image.new("RGB", (30, 30), "blue")

    square = Image.open(square_picture(picture_of(red, format, save_all=True, append_images=[blue]), 16))

    assert square.n_frames == 1
    assert square.convert("RGB").getpixel((8, 8))[0] > 240


def with_place():
    """EXIF as a telephone writes it: where it was, and that it was held upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "Secretphone"
    return exif


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_place_and_camera_stay_behind(format):
    upload = picture_of(Image.new("RGB", (40, 20)), format, exif=with_place())

    content = square_picture(upload, 16).read()

    assert b"Secretphone" in upload.file.getvalue()
    assert b"Secretphone" not in content
    assert not Image.open(BytesIO(content)).getexif()


def test_comments_and_other_metadata_stay_behind():
    words = PngInfo()
    words.add_text("Comment", "secret")
    words.add_itxt("XML:com.adobe.xmp", "<x>secret</x>")
    uploads = [
        picture_of(Image.new("RGB", (40, 20)), pnginfo=words),
        picture_of(Image.new("RGB", (40, 20)), "WEBP", xmp=b"<x>secret</x>"),
        picture_of(Image.new("RGB", (40, 20)), "JPEG", comment=b"secret", icc_profile=b"secret" * 30),
    ]

    assert all(b"secret" in upload.file.getvalue() for upload in uploads)
    assert not any(b"secret" in square_picture(upload, 16).read() for upload in uploads)


def test_the_picture_is_turned_as_the_camera_says():
    image = Image.new("RGB", (40, 40), "blue")
    image.paste("red", (0, 0, 40, 20))  # red above; turned by a quarter it is on the right

    square = Image.open(square_picture(picture_of(image, "JPEG", exif=with_place()), 40)).convert("RGB")

    assert square.getpixel((35, 20))[0] > 200
    assert square.getpixel((5, 20))[2] > 200


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("damage", [b"MM\x00\x2b", b"XX\x00\x2a", b"MM\x00\x2a\xff\xff\xff\xff"])
def test_damaged_metadata_does_not_refuse_a_picture(damage):
    content = picture_of(Image.new("RGB", (40, 20)), "JPEG", exif=with_place()).read()
    damaged = content.replace(b"MM\x00\x2a\x00\x00\x00\x08"[: len(damage)], damage).replace(
        b"II\x2a\x00\x08\x00\x00\x00"[: len(damage)], damage
    )

    assert damaged != content
    assert Image.open(square_picture(named(damaged), 16)).size == (16, 16)
