"""What an uploaded file really is, whatever its name says."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import filetype
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from PIL import Image, ImageOps

from apps.core.errors import Invalid, TooLarge

if TYPE_CHECKING:
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

IMAGES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
DOCUMENTS = IMAGES | {"application/pdf": ".pdf"}

PICTURES = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 50_000_000
Image.MAX_IMAGE_PIXELS = None  # `decode` has its own limit, and a sentence for it
HEAD_BYTES = 8192
PDF_TAIL_BYTES = 2048


class FileTooLarge(TooLarge):
    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes // 1024 // 1024} MB.")


def identify(upload: Upload, *, allowed: Collection[str], max_bytes: int, field: str = "file") -> str:
    """The content's MIME type, one of `allowed`, read from its first bytes."""
    size = upload.size or 0
    if size > max_bytes:
        raise FileTooLarge(max_bytes)
    if size == 0:
        raise refused(field, "The submitted file is empty.")
    upload.seek(0)
    kind = filetype.guess_mime(upload.read(HEAD_BYTES))
    upload.seek(0)
    if kind not in allowed:
        names = ", ".join(sorted(mime.partition("/")[2].upper() for mime in allowed))
        raise refused(field, f"This type of file is not accepted. Accepted are: {names}.")
    return str(kind)


def identify_document(upload: Upload, *, max_bytes: int, field: str = "file") -> str:
    """A picture or a PDF, known to be whole."""
    kind = identify(upload, allowed=DOCUMENTS, max_bytes=max_bytes, field=field)
    if kind == "application/pdf":
        check_pdf_end(upload, field)
    else:
        decode(upload, field)
    upload.seek(0)
    return kind


def refused(field: str, sentence: str) -> Invalid:
    return Invalid({field: [sentence]}, code="invalid_file")


def check_pdf_end(upload: Upload, field: str) -> None:
    upload.seek(max((upload.size or 0) - PDF_TAIL_BYTES, 0))
    if b"%%EOF" not in upload.read():
        raise refused(field, "The file is damaged or incomplete.")


def decode(upload: Upload, field: str = "file") -> Image.Image:
    """The whole picture in memory; a bomb is refused by its declared size, before decoding."""
    upload.seek(0)
    try:
        image = Image.open(upload.file or upload, formats=PICTURES)
        if image.width * image.height > MAX_PIXELS:
            raise refused(field, "The picture has too many pixels.")
        image.load()
    # Pillow's decoders raise these, and more from inside their formats, for damaged files.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused(field, "The file is damaged or incomplete.") from error
    return image


@contextmanager
def discarded_on_failure(file: FieldFile) -> Iterator[None]:
    """A file just stored goes again when its row cannot be written."""
    try:
        yield
    except BaseException:
        file.storage.delete(str(file.name))
        raise


def square_picture(upload: Upload, side: int, field: str = "file") -> "ContentFile[bytes]":
    """A fresh square WebP of the picture: its metadata, location included, stays behind."""
    picture = upright(decode(upload, field)).convert("RGBA")
    target = BytesIO()
    ImageOps.fit(picture, (side, side)).save(target, "WEBP", quality=85, exif=b"", xmp=b"", icc_profile=b"")
    return ContentFile(target.getvalue())


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its camera says; damaged metadata says nothing."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # Pillow reads metadata late, and trips over damage in many ways
        return picture
