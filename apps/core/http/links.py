"""Full URLs, and links to private files that name row, viewer and expiry."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from django.conf import settings
from django.core import signing
from django.core.files.storage import default_storage
from django.http import HttpRequest
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo
from pydantic_core import CoreSchema, core_schema

from apps.core.http.errors import InvalidToken

API = "/api/v1"
SALT = "files"
LINK_SECONDS = 3600
STORED = "stored"
"""The context in which a model is dumped to be stored."""
EACH = "*"
FieldPath = tuple[str, ...]
"""The names of the fields that lead to a value; EACH stands for all items of a list."""


class FileUrl(str):
    """Declares that a field may hold the URL of a private file, signed for its reader; such a URL is an instance.

    It is stored as the file it leads to, and signed again for whoever reads it. A plain string in such a field, as
    the link that somebody attached to a message, is never signed, whatever it looks like.
    """

    kind: str
    row_id: int

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        serializer = core_schema.plain_serializer_function_ser_schema(serialize_file_url, info_arg=True)
        return core_schema.no_info_plain_validator_function(check_text, serialization=serializer)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}


def check_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Not a valid string.")
    return value


def serialize_file_url(value: str, info: SerializationInfo) -> str | list[str | int]:
    if info.context == STORED and isinstance(value, FileUrl):
        return [value.kind, value.row_id]
    return value


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


def file_url(kind: str, row_id: int, viewer_id: int | None) -> FileUrl:
    """Where the viewer can open the file of this row during the next hour; who is not signed in, as long as anybody."""
    path = open_file_url(kind, row_id) if viewer_id is None else absolute(file_path(kind, row_id, viewer_id))
    url = FileUrl(path)
    url.kind, url.row_id = kind, row_id
    return url


def read_signature(signature: str, kind: str, row_id: object) -> int:
    """The viewer's id, if the signature opens this row."""
    try:
        signed_kind, signed_row, viewer_id = signing.loads(signature, salt=SALT, max_age=LINK_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidToken from error
    if (signed_kind, signed_row) != (kind, row_id):
        raise InvalidToken
    return int(viewer_id)


def dump_stored(data: BaseModel) -> dict[str, Any]:
    """`data` as JSON values without signatures, from which `with_file_urls` makes an answer for any reader."""
    return data.model_dump(mode="json", context=STORED)


def dump_stored_json(data: BaseModel) -> str:
    """As `dump_stored`, in one JSON text."""
    return data.model_dump_json(context=STORED)


def file_url_fields(shape: Any) -> list[FieldPath]:
    """The paths of all fields that `shape`, a model or any other type annotation, declares to be FileUrls."""
    if shape is FileUrl:
        return [()]
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = shape.model_fields.items()
        return [(name, *path) for name, field in fields for path in file_url_fields(field.annotation)]
    paths = [path for part in get_args(shape) for path in file_url_fields(part)]
    return [(EACH, *path) for path in paths] if get_origin(shape) is list else paths


def with_file_urls(data: Any, fields: Sequence[FieldPath], viewer_id: int) -> Any:
    """A copy of what `dump_stored` returned, with the file URLs in these fields signed for this viewer."""
    for path in fields:
        data = with_file_url(data, path, viewer_id)
    return data


def with_file_url(data: Any, path: FieldPath, viewer_id: int) -> Any:
    if not path:
        return file_url(data[0], data[1], viewer_id) if isinstance(data, list) else data
    name, rest = path[0], path[1:]
    if name == EACH:
        return [with_file_url(item, rest, viewer_id) for item in data]
    value = data.get(name)
    return data | {name: with_file_url(value, rest, viewer_id)} if value else data
