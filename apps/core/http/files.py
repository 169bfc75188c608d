"""Sending a stored file, in pieces, with ranges; the one way to a private one."""

import hashlib
import mimetypes
import os
import re
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.handlers.asgi import ASGIRequest
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponseNotModified, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, quote_etag

from apps.core import audit
from apps.core.http.conditions import is_unchanged, wanted_range
from apps.core.http.errors import NotFound, RangeNotSatisfiable
from apps.core.http.headers import PRIVATE_FILE_POLICY
from apps.core.http.middleware import error_response, without_body

CHUNK = 64 * 1024
SENDING = (200, 206, 302)
"""The statuses of answers that hand the file over, or a link to it."""
RANGE = re.compile(r"bytes=(?=.*[0-9])([0-9]{0,18})-([0-9]{0,18})")


def open_private(
    request: HttpRequest,
    file: FieldFile,
    *,
    content_type: str,
    name: str,
    download: bool = False,
    look: audit.Look | None = None,
) -> HttpResponseBase:
    """A private file of a row that the caller may see, to be shown in the browser or to `download` under this `name`.

    Where staff see what others do not, `look` is written into the audit trail as soon as any of the file is sent.
    Raises NotFound where the file itself is gone.
    """
    response = send_private(request, file, content_type, str(content_disposition_header(download, name)))
    if look and response.status_code in SENDING and request.META["REQUEST_METHOD"] != "HEAD":
        audit.record_look(look)
    return response


def send_private(request: HttpRequest, file: FieldFile, content_type: str, disposition: str) -> HttpResponseBase:
    if not isinstance(file.storage, FileSystemStorage):
        response = hand_over(request, file, content_type, disposition)
    else:
        try:
            response = send(request, file.storage, str(file.name), content_type)
        except FileNotFoundError as error:
            raise NotFound from error
    response["Content-Disposition"] = disposition
    # A browser may keep what it can ask about again; a link that hands over is for once.
    response["Cache-Control"] = "private, no-cache" if "ETag" in response else "private, no-store"
    response["Content-Security-Policy"] = PRIVATE_FILE_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def hand_over(request: HttpRequest, file: FieldFile, content_type: str, disposition: str) -> HttpResponseBase:
    """S3 sends it itself, ranges and all: by a link that opens this one file for a few minutes."""
    link = file.storage.url(  # type: ignore[call-arg]  # S3 knows more than Django's storages
        str(file.name),
        parameters={"ResponseContentType": content_type, "ResponseContentDisposition": disposition},
        http_method=request.META["REQUEST_METHOD"],
    )
    return HttpResponseRedirect(link)


def public_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """Public media have names that are never used again, so they may be kept for ever."""
    try:
        found = os.path.isfile(default_storage.path(path))
    except (SuspiciousFileOperation, NotImplementedError):  # S3 has an address of its own
        found = False
    if not found:
        raise Http404
    content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
    response = send(request, default_storage, path, content_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return without_body(response) if request.method == "HEAD" else response


def send(request: HttpRequest, storage: Storage, name: str, content_type: str) -> HttpResponseBase:
    size, etag = storage.size(name), etag_of(name)
    if is_unchanged(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    asked = RANGE.fullmatch(wanted_range(request, etag).replace(" ", ""))
    start, end = read_range(asked, size) if asked else (0, size)
    if asked and start >= end:
        return error_response(RangeNotSatisfiable(size))
    body = pieces(storage, name, start, end)
    # Django would read a synchronous body whole before an asynchronous server sends it.
    later = pieces_later(body) if isinstance(request, ASGIRequest) else body
    response = StreamingHttpResponse(later, content_type=content_type, status=206 if asked else 200)
    response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    if asked:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def etag_of(name: str) -> str:
    """Files are never changed, and their names never used again: a new file is a new name."""
    return quote_etag(hashlib.sha256(name.encode()).hexdigest()[:32])


def read_range(asked: re.Match[str], size: int) -> tuple[int, int]:
    """Start and end (exclusive) of what to send; empty where the range lies outside the file."""
    first, last = asked.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def pieces(storage: Storage, name: str, start: int, end: int) -> Iterator[bytes]:
    with storage.open(name) as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(CHUNK, end - start))):
            start += len(chunk)
            yield chunk


async def pieces_later(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    next_part = sync_to_async(lambda: next(parts, b""), thread_sensitive=False)
    while chunk := await next_part():
        yield chunk
