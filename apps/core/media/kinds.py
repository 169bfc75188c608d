"""What a file is, whatever its name says."""

import codecs
import re
from typing import Any

import filetype

from apps.core.media import films, office

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
TEXTS = {"text/plain": ".txt", "text/csv": ".csv"}
SOUNDS = {"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "audio/x-wav": ".wav"}
ATTACHMENTS = STORY_MEDIA | PAPERS | TEXTS | SOUNDS
SHOWN = STORY_MEDIA | SOUNDS | {"application/pdf": ".pdf"}
"""What a browser may show by itself; the rest is for saving."""
IN_BOXES = {"video/mp4", "video/quicktime", "audio/mp4"}

HEAD_BYTES = 8192
NOT_IN_TEXTS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<")


def kind_of(upload: Any) -> str | None:
    """The MIME type of an upload, one of `ATTACHMENTS`; None for any other file.

    Raises `office.NoDirectory` for half an office file.
    """
    upload.seek(0)
    head, size = upload.read(HEAD_BYTES), upload.size or 0
    if head.startswith(office.ZIP):
        return office.kind_in_zip(upload, size)
    if head.startswith(office.OLE):
        return office.kind_in_ole(upload)
    guess = filetype.guess_mime(head)
    if guess == "image/apng":
        return "image/png"
    if guess in ATTACHMENTS:
        return str(guess)
    if films.is_quicktime(upload, size):
        return "video/quicktime"
    return text_kind(upload, head)


def text_kind(upload: Any, head: bytes) -> str | None:
    """Texts in UTF-8 that are no markup; only their name tells tables from other texts."""
    if MARKUP.match(head):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in upload.chunks():
            if NOT_IN_TEXTS.search(chunk):
                return None
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return "text/csv" if (upload.name or "").lower().endswith(".csv") else "text/plain"
