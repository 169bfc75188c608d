"""Files that people send: what is taken, and what is kept of it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image

from apps.core.http.errors import Invalid
from apps.core.http.routing import holds_file
from apps.core.http.schemas import In
from apps.core.media.errors import FileTooLarge, UnsupportedFile
from apps.core.media.kinds import ATTACHMENTS, DOCUMENTS, IMAGES, STORY_MEDIA
from apps.core.media.uploads import MEGABYTE, Accepted, FileRules, accept, file_fields
from tests.client import PDF, image_file, media_file, pdf_file
from tests.core.media.test_films import SOMEWHERE, text, with_boxes
from tests.core.media.test_office import compound, folder
from tests.samples import box, zip_of

NOT_ACCEPTED = "This type of file is not accepted. Accepted are: JPG, PNG, WEBP."
DAMAGED = "The file is damaged or incomplete."
RULES = FileRules(ATTACHMENTS, max_bytes=MEGABYTE)


def named(content, name="picture.png"):
    return SimpleUploadedFile(name, content, "image/png")


def sentence(upload, rules, by, field="file"):
    """What is said about a file that is refused."""
    with pytest.raises(Invalid) as refusal:
        accept(upload, rules, by=by, field=field)
    assert refusal.value.code == "invalid_file"
    assert list(refusal.value.details) == [field]
    return refusal.value.detail


OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILM = media_file("clip.mp4").read()
WIDE = box(b"wide") + media_file("clip.mov").read()[20:]
KINDS = [
    (image_file("JPEG").read(), "image/jpeg"),
    (image_file("PNG").read(), "image/png"),
    (image_file("PNG", save_all=True, append_images=[Image.new("RGB", (40, 30))]).read(), "image/png"),
    (image_file("WEBP").read(), "image/webp"),
    (image_file("GIF").read(), "image/gif"),
    (PDF, "application/pdf"),
    (FILM, "video/mp4"),
    (WIDE, "video/quicktime"),
    (media_file("clip.webm").read(), "video/webm"),
    (zip_of("[trash]/0000.dat", "[Content_Types].xml", "word/document.xml"), OFFICE),
    (zip_of("holiday.jpg"), "application/zip"),
    (compound(*folder("WordDocument")), "application/msword"),
    (b"just words", "text/plain"),
    ("\ufeffZeile 1\r\n\tZeile 2: größer als 3 > 2\f".encode(), "text/plain"),
    (b"BMW;MZ;price\r\n1;2;3\r\n", "text/plain"),
]


@pytest.mark.parametrize(("content", "kind"), KINDS)
def test_a_file_is_known_by_its_content(alice, content, kind):
    assert accept(named(content, "letter.exe"), RULES, by=alice).kind == kind


def test_only_its_name_tells_a_table_from_other_texts(alice):
    content = b"a;b\r\n1;2\r\n"

    assert accept(named(content, "Prices.CSV"), RULES, by=alice).kind == "text/csv"
    assert accept(named(content, "Prices.txt"), RULES, by=alice).kind == "text/plain"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"\xef\xbb\xbf \r\n<html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><svg/>',
        "größer".encode("latin-1"),
        "größer".encode("utf-16"),
        "größer".encode()[:-2] + b"\xc3",
        b"x" * 100_000 + b"\xff",
        b"x" * 100_000 + b"\0",
        b"\x1b[31mred",
        b"BM" + b"\0" * 50,
        b"MZ" + b"\0" * 500,
        b"\0",
        compound(*folder("__properties_version1.0")),
        zip_of("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    ],
)
def test_what_is_no_such_file_is_refused(alice, content):
    assert sentence(named(content, "letter.txt"), RULES, alice).startswith("This type of file is not accepted.")


@pytest.mark.parametrize(("content", "kind"), KINDS)
def test_a_disguise_does_not_help(alice, content, kind):
    rules = FileRules(IMAGES, max_bytes=MEGABYTE)

    if kind not in IMAGES:
        assert sentence(named(content), rules, alice, "logo") == NOT_ACCEPTED


def test_a_field_may_refuse_other_types_in_its_own_way(alice):
    rules = FileRules(STORY_MEDIA, max_bytes=MEGABYTE, refusal=UnsupportedFile)

    with pytest.raises(UnsupportedFile):
        accept(pdf_file(), rules, by=alice)


def test_an_empty_file_is_refused(alice):
    assert sentence(named(b""), RULES, alice, "logo") == "The submitted file is empty."


@pytest.mark.parametrize(
    ("content", "megabytes"), [(image_file().read(), 1), (FILM, 2)], ids=["a picture", "another file"]
)
def test_a_file_that_is_too_large_is_413(alice, content, megabytes):
    rules = FileRules(STORY_MEDIA, max_bytes=2 * MEGABYTE, picture_bytes=MEGABYTE)

    with pytest.raises(FileTooLarge) as refusal:
        accept(named(content.ljust(megabytes * MEGABYTE + 1, b"\0")), rules, by=alice)

    assert (refusal.value.status, refusal.value.detail) == (413, f"The file is larger than {megabytes} MB.")


@pytest.mark.parametrize(
    "content",
    [
        *(PDF[:-7], PDF[:20], PDF + b" " * 3000),
        *(FILM[:-1], WIDE[:-1]),
        *(zip_of("word/document.xml")[:-30], compound(*folder("WordDocument"))[:512]),
    ],
)
def test_half_a_file_is_refused(alice, content):
    assert sentence(named(content), RULES, alice) == DAMAGED


def test_documents_keep_their_bytes(alice):
    rules = FileRules(DOCUMENTS, max_bytes=MEGABYTE, job="check")

    for upload in (pdf_file(), image_file("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0kept")):
        sent = upload.read()
        accept(upload, rules, by=alice)
        assert upload.read() == sent


def test_a_picture_is_encoded_anew_where_it_lies(alice):
    upload = TemporaryUploadedFile("picture", "image/png", 0, None)
    content = image_file("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0secret").read()
    upload.write(content)
    upload.size = len(content)

    assert accept(upload, RULES, by=alice) == Accepted("image/jpeg")

    kept = upload.read()
    with open(upload.temporary_file_path(), "rb") as file:
        assert file.read() == kept
    assert b"secret" not in kept
    assert upload.size == len(kept)
    upload.close()


@pytest.mark.parametrize("kind", ["video/mp4", "audio/mp4"])
def test_a_film_loses_the_place_where_it_was_taken(alice, kind):
    film = FILM if kind == "video/mp4" else FILM.replace(b"ftypisom", b"ftypM4A ")
    upload = named(with_boxes(film, box(b"udta", box(b"\xa9xyz", text(SOMEWHERE)))))

    assert accept(upload, RULES, by=alice) == Accepted(kind, 2.0)

    assert SOMEWHERE not in upload.read()


def test_looking_twice_costs_nothing(alice, django_assert_num_queries):
    upload = image_file("JPEG")
    first = accept(upload, RULES, by=alice)
    kept = upload.read()

    with django_assert_num_queries(0):
        assert accept(upload, RULES, by=alice) == first

    assert upload.read() == kept


def bodies(shape=In):
    for narrower in shape.__subclasses__():
        yield narrower
        yield from bodies(narrower)


@pytest.mark.parametrize("shape", [shape for shape in bodies() if shape.__module__.startswith("apps.")])
def test_every_field_that_takes_files_says_which(shape):
    """Otherwise a file would be looked into within the transaction of an idempotent request."""
    fields = shape.model_json_schema().get("properties", {})

    assert {name for name, field in fields.items() if holds_file(field)} == file_fields(shape).keys()
