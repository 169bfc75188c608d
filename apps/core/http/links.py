"""Full URLs, and links to private files that name row, viewer and expiry."""

import re
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.http import HttpRequest

from apps.core.http.errors import InvalidToken

API = "/api/v1"
SALT = "files"
LINK_SECONDS = 3600
SIGNED = re.compile(r"([a-z_]+)/([0-9]{1,18})\?sig=[^&]*")


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def public_url(name: str) -> str | None:
    """The address of a public file; None without one."""
    return default_storage.url(name) if name else None


def same_page(request: HttpRequest, **changes: str | int) -> str:
    """The full URL of this request with other query parameters."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return absolute(f"{request.path}?{query.urlencode()}")


def open_file_url(kind: str, row_id: int) -> str:
    """Where anybody can open the file of this row, as long as anybody may see the row."""
    return absolute(f"{API}/files/{kind}/{row_id}")


def file_path(kind: str, row_id: int, viewer_id: int) -> str:
    """Where `viewer_id` can open the file of this row during the next hour."""
    signature = signing.dumps([kind, row_id, viewer_id], salt=SALT)
    return f"{API}/files/{kind}/{row_id}?sig={signature}"


def file_url(kind: str, row_id: int, viewer_id: int | None) -> str:
    """Where the viewer can open the file of this row during the next hour; who is not signed in, as long as anybody."""
    if viewer_id is None:
        return open_file_url(kind, row_id)
    return absolute(file_path(kind, row_id, viewer_id))


def read_signature(signature: str, kind: str, row_id: object) -> int:
    """The viewer's id, if the signature opens this row."""
    try:
        signed_kind, signed_row, viewer_id = signing.loads(signature, salt=SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidToken from error
    if (signed_kind, signed_row) != (kind, row_id):
        raise InvalidToken
    return int(viewer_id)


def sign_anew(answer: object, viewer_id: int) -> Any:
    """A remembered answer with links that work from now on."""
    if isinstance(answer, dict):
        return {name: sign_anew(value, viewer_id) for name, value in answer.items()}
    if isinstance(answer, list):
        return [sign_anew(value, viewer_id) for value in answer]
    prefix = absolute(f"{API}/files/")
    if isinstance(answer, str) and answer.startswith(prefix) and (link := SIGNED.fullmatch(answer, len(prefix))):
        return file_url(link[1], int(link[2]), viewer_id)
    return answer
