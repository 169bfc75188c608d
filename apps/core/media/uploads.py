"""What an uploaded file really is, whatever its name says."""

import functools
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import filetype
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from mutagen.mp4 import MP4
from PIL import Image, ImageOps, ImageSequence

from apps.core.http.errors import DomainError, Invalid, TooLarge, UnsupportedType

if TYPE_CHECKING:
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

P = ParamSpec("P")
R = TypeVar("R")

DECODING = Lock()
stored_here: ContextVar[list[FieldFile] | None] = ContextVar("stored_here", default=None)

IMAGES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
DOCUMENTS = IMAGES | {"application/pdf": ".pdf"}
PICTURES = IMAGES | {"image/gif": ".gif"}
VIDEOS = {"video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov"}
STORY_MEDIA = PICTURES | VIDEOS
PAPERS = {
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/zip": ".zip",
}
SOUNDS = {"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "audio/x-wav": ".wav"}
ATTACHMENTS = STORY_MEDIA | PAPERS | SOUNDS
SHOWN = STORY_MEDIA | SOUNDS | {"application/pdf": ".pdf"}
"""What a browser may show by itself; the rest is for saving."""

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
MAX_PIXELS = 50_000_000
MAX_FRAMES = 500
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # `decode` refuses earlier; this stops a frame that outgrows its picture
MAX_BOXES = 10_000
MAX_INDEX_BYTES = 2 * 1024 * 1024
HEAD_BYTES = 8192
PDF_TAIL_BYTES = 2048

DAMAGED = "The file is damaged or incomplete."
TOO_MANY_PIXELS = "The picture has too many pixels."
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, LookupError, RuntimeError, struct.error, *BOMB)
"""What Pillow's decoders raise for damaged files, from inside their formats too."""


class UnsupportedFile(UnsupportedType):
    detail = "This type of file is not accepted."


class FileTooLarge(TooLarge):
    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes // 1024 // 1024} MB.")


def one_at_a_time(decoder: Callable[P, R]) -> Callable[P, R]:
    """A small file may be a picture of 200 MB: however many arrive together, one is in memory."""

    @functools.wraps(decoder)
    def wait(*args: P.args, **kwargs: P.kwargs) -> R:
        with DECODING:
            return decoder(*args, **kwargs)

    return wait


def identify(
    upload: Upload,
    *,
    allowed: Mapping[str, str],
    max_bytes: int,
    field: str = "file",
    refusal: type[DomainError] | None = None,
) -> str:
    """The content's MIME type, one of `allowed`, read from its first bytes; another is `refusal`, or invalid."""
    check_size(upload, max_bytes=max_bytes, field=field)
    kind = filetype.guess_mime(upload.read(HEAD_BYTES))
    upload.seek(0)
    if kind not in allowed:
        names = ", ".join(sorted(extension.removeprefix(".").upper() for extension in allowed.values()))
        sentence = f"This type of file is not accepted. Accepted are: {names}."
        raise refusal(sentence) if refusal else refused(field, sentence)
    return str(kind)


def check_size(upload: Upload, *, max_bytes: int, field: str = "file") -> None:
    size = upload.size or 0
    if size > max_bytes:
        raise FileTooLarge(max_bytes)
    if size == 0:
        raise refused(field, "The submitted file is empty.")
    upload.seek(0)


@one_at_a_time
def identify_document(upload: Upload, *, max_bytes: int, field: str = "file") -> str:
    """A picture or a PDF, known to be whole."""
    kind = identify(upload, allowed=DOCUMENTS, max_bytes=max_bytes, field=field)
    if kind == "application/pdf":
        check_pdf_end(upload, field)
    else:
        decode(upload, field)
    upload.seek(0)
    return kind


def clean(upload: Upload, kind: str, field: str = "file") -> "File[bytes]":
    """The file as it may be kept: pictures encoded anew; films and PDFs known to be whole."""
    if kind in PICTURES:
        return fresh_picture(upload, kind, field)
    if kind in VIDEOS:
        video_seconds(upload, kind, field)
    elif kind == "application/pdf":
        check_pdf_end(upload, field)
    upload.seek(0)
    return upload


def shown_name(upload: Upload, extension: str) -> str:
    """The name its sender gave it, without folders and control characters, ending as its content says."""
    stem = PurePosixPath((upload.name or "").replace("\\", "/")).stem
    printable = "".join(letter for letter in stem if letter.isprintable() and letter not in '<>:"/|?*').strip()
    return f"{printable[:100] or 'file'}{extension}"


def refused(field: str, sentence: str) -> Invalid:
    return Invalid({field: [sentence]}, code="invalid_file")


def check_pdf_end(upload: Upload, field: str) -> None:
    upload.seek(max((upload.size or 0) - PDF_TAIL_BYTES, 0))
    if b"%%EOF" not in upload.read():
        raise refused(field, DAMAGED)


def decode(upload: Upload, field: str = "file") -> Image.Image:
    """The whole picture in memory; a bomb is refused by its declared size, before decoding."""
    upload.seek(0)
    try:
        image = Image.open(upload.file or upload, formats=tuple(FORMATS.values()))
        if image.width * image.height > MAX_PIXELS:
            raise refused(field, TOO_MANY_PIXELS)
        image.load()
    except BOMB as error:
        raise refused(field, TOO_MANY_PIXELS) from error
    except DAMAGE as error:
        raise refused(field, DAMAGED) from error
    return image


@contextmanager
def discarded_on_failure(file: FieldFile) -> Iterator[None]:
    """A file just stored goes again when its row cannot be written, or is undone by whoever asked for it."""
    try:
        yield
    except BaseException:
        file.storage.delete(str(file.name))
        raise
    if (stored := stored_here.get()) is not None:
        stored.append(file)


@contextmanager
def all_discarded_on_failure() -> Iterator[None]:
    """Around a transaction: what was stored in it, and stayed when its own row was written, goes if all is undone."""
    stored: list[FieldFile] = []
    token = stored_here.set(stored)
    try:
        yield
    except BaseException:
        for file in stored:
            file.storage.delete(str(file.name))
        raise
    finally:
        stored_here.reset(token)


@one_at_a_time
def square_picture(upload: Upload, side: int, field: str = "file") -> "ContentFile[bytes]":
    """A fresh square WebP of the picture: its metadata, location included, stays behind."""
    picture = decode(upload, field)
    if picture.mode not in ("L", "RGB", "RGBA", "CMYK"):  # others cannot be made smaller as they are
        picture = picture.convert("RGBA")
    picture.thumbnail((4 * side, 4 * side))  # before anything makes a copy of it
    return saved(ImageOps.fit(upright(picture).convert("RGBA"), (side, side)), "image/webp")


@one_at_a_time
def fresh_picture(upload: Upload, kind: str, field: str = "file") -> "ContentFile[bytes]":
    """The picture encoded anew in its own format: its metadata, location included, stays behind."""
    picture = decode(upload, field)
    try:
        if kind == "image/jpeg":  # what else a telephone puts into the file is not for showing
            return saved(upright(picture).convert("RGB"), kind)
        times = frame_times(picture, field)
        picture.seek(0)
        if len(times) == 1:
            return saved(upright(picture), kind)
        # The other formats remember this by themselves.
        timing = {"duration": times, "loop": picture.info.get("loop", 0)} if kind == "image/webp" else {}
        return saved(picture, kind, save_all=True, **timing)
    except DAMAGE as error:
        raise refused(field, DAMAGED) from error


def frame_times(picture: Image.Image, field: str) -> list[int]:
    """How long each frame stays, in milliseconds; more than can be encoded is refused before it is decoded."""
    times: list[int] = []
    pixels = 0
    for frame in ImageSequence.Iterator(picture):
        pixels += frame.width * frame.height
        if pixels > MAX_PIXELS or len(times) == MAX_FRAMES:
            raise refused(field, TOO_MANY_PIXELS)
        frame.load()
        times.append(int(frame.info.get("duration", 0)))
    return times


def saved(picture: Image.Image, kind: str, **options: Any) -> "ContentFile[bytes]":
    target = BytesIO()
    nothing_else = dict.fromkeys(("exif", "xmp", "icc_profile", "comment"), b"")
    picture.save(target, FORMATS[kind], quality=85, **nothing_else, **options)
    return ContentFile(target.getvalue())


def video_seconds(upload: Upload, kind: str, field: str = "file") -> float | None:
    """How long a film is, where the file tells (WebM does not); a file that breaks off is refused."""
    if kind == "video/webm":
        return None
    index = film_index(upload)
    upload.seek(0)
    if index is None:
        raise refused(field, DAMAGED)
    try:
        film: Any = MP4(BytesIO(index))
    except Exception:  # whole, but mutagen knows music better, and trips over films in many ways
        return None
    return float(film.info.length) or None


def film_index(upload: Upload) -> bytes | None:
    """The `moov` box of an MP4 or QuickTime file, which says what is in it; None where the file breaks off.

    The files are boxes one after the other, each beginning with its length (ISO/IEC 14496-12, 4.2).
    """
    position, size, index = 0, upload.size or 0, None
    for _ in range(MAX_BOXES):
        upload.seek(position)
        head = upload.read(16)
        length = int.from_bytes(head[:4])
        if length == 1:
            length = int.from_bytes(head[8:])
        elif length == 0:
            length = size - position  # until the end of the file
        if head[4:8] == b"moov":
            upload.seek(position)
            index = upload.read(min(length, MAX_INDEX_BYTES))
        position += length
        if length < 8 or position >= size:
            break
    return index if position == size else None


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its camera says; damaged metadata says nothing."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # Pillow reads metadata late, and trips over damage in many ways
        return picture
