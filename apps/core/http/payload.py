"""Reading a body: JSON or a form, as it was sent, against one strict schema."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from ninja.params.models import BodyModel, Param
from pydantic import AliasChoices, BaseModel, PlainValidator, ValidationError, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from apps.core.http.errors import Invalid, UnsupportedType
from apps.core.http.forms import MULTIPART, URL_ENCODED, read_form
from apps.core.media.uploads import Upload

T = TypeVar("T")
IS_FILE = WithJsonSchema({"type": "string", "format": "binary"})
NON_FIELD = "non_field_errors"


def read_body(request: HttpRequest, shape: type[BaseModel]) -> object:
    """What was sent, unchecked; no body reads as an empty object, so that each missing field is named."""
    if request.content_type in (MULTIPART, URL_ENCODED):
        return arranged(read_form(request), shape)
    if not request.body:
        return {}
    if not is_json(request.content_type or ""):
        raise UnsupportedType
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Invalid({NON_FIELD: ["The body is not valid JSON."]}, code="parse_error") from error


def is_json(content_type: str) -> bool:
    """Also where nothing is said."""
    return content_type in ("", "application/json") or content_type.endswith("+json")


def arranged(values: Mapping[str, list[Any]], shape: type[BaseModel]) -> dict[str, Any]:
    """The fields of a form as JSON would hold them: lists repeat their name, objects are JSON texts."""
    kinds = {
        spelling: field.annotation for name, field in shape.model_fields.items() for spelling in spellings(name, field)
    }
    lists = {name for name, kind in kinds.items() if any(get_origin(choice) is list for choice in choices(kind))}
    objects = {name for name, kind in kinds.items() if any(map(is_object, choices(kind)))}
    refuse_repeated({name: given for name, given in values.items() if name not in lists})
    read = {name: list(map(json_in, given)) if name in objects else given for name, given in values.items()}
    return {name: given if name in lists else given[0] for name, given in read.items()}


def choices(annotation: Any) -> Iterator[Any]:
    """The types that a field may have, without what they are annotated with."""
    if get_origin(annotation) is Annotated:
        yield from choices(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for choice in get_args(annotation):
            yield from choices(choice)
    else:
        yield annotation


def is_object(kind: Any) -> bool:
    """Or a list of objects."""
    origin = get_origin(kind) or kind
    if origin is list:
        return any(map(is_object, choices(get_args(kind)[0])))
    return isinstance(origin, type) and issubclass(origin, dict | BaseModel)


def json_in(text: Any) -> Any:
    """What is no JSON stays as it is, to be refused under its name."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def refuse_repeated(values: dict[str, list[Any]]) -> None:
    """Rather than take one of several values and drop the others."""
    if repeated := {name: ["Send this field once."] for name, given in values.items() if len(given) > 1}:
        raise Invalid(repeated)


def spellings(name: str, field: FieldInfo) -> list[str]:
    """What a field may be called in a body."""
    alias = field.validation_alias
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [name]


class PayloadModel(BodyModel):
    @classmethod
    def get_request_data(cls, request: HttpRequest, api: Any, path_params: Any) -> dict[str, Any]:
        ((name, parameter),) = cls.model_fields.items()
        shape = cast(type[BaseModel], parameter.annotation)
        body = read_body(request, shape)
        if isinstance(body, dict):
            # A file that is not there has a sentence of its own.
            body = {key: None for key, field in shape.model_fields.items() if IS_FILE in field.metadata} | body
        return {name: body}


class PayloadParam(Param):  # type: ignore[misc]  # ninja's own way of naming a source
    _model = PayloadModel

    @classmethod
    def _param_source(cls) -> str:
        return "body"


if TYPE_CHECKING:
    Payload = Annotated[T, PayloadParam(...)]
else:

    class Payload:
        """`data: Payload[SomethingIn]` takes the body, in whichever form it was sent."""

        def __class_getitem__(cls, schema):
            return Annotated[schema, PayloadParam(...)]


def as_file(value: object) -> Upload:
    if not isinstance(value, UploadedFile):
        raise PydanticCustomError("file_missing", "No file was submitted.")
    return value


File = Annotated[Upload, PlainValidator(as_file), IS_FILE]

TEXTS = {
    "missing": "This field is required.",
    "extra_forbidden": "Unknown field.",
    "int_type": "A valid integer is required.",
    "int_parsing": "A valid integer is required.",
    "int_parsing_size": "A valid integer is required.",
    "int_from_float": "A valid integer is required.",
    "float_type": "A valid number is required.",
    "float_parsing": "A valid number is required.",
    "finite_number": "A valid number is required.",
    "decimal_type": "A valid number is required.",
    "decimal_parsing": "A valid number is required.",
    "bool_type": "Must be a valid boolean.",
    "bool_parsing": "Must be a valid boolean.",
    "string_type": "Not a valid string.",
    "string_unicode": "Not a valid string.",
    "list_type": "Expected a list of items.",
    "dict_type": "Expected an object.",
    "model_type": "Expected an object.",
    "model_attributes_type": "Expected an object.",
    "datetime_type": "Enter a valid date/time.",
    "datetime_parsing": "Enter a valid date/time.",
    "datetime_from_date_parsing": "Enter a valid date/time.",
    "datetime_object_invalid": "Enter a valid date/time.",
    "timezone_aware": "Enter a valid date/time with its time zone.",
    "string_too_long": "Ensure this field has no more than {max_length} characters.",
    "string_too_short": "Ensure this field has at least {min_length} characters.",
    "string_pattern_mismatch": "Enter a valid value.",
    "too_long": "Ensure this field has no more than {max_length} items.",
    "too_short": "Ensure this field has at least {min_length} items.",
    "less_than_equal": "Ensure this value is less than or equal to {le}.",
    "greater_than_equal": "Ensure this value is greater than or equal to {ge}.",
}


def text_of(error: dict[str, Any]) -> str:
    """The contract's sentence for one of pydantic's errors."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind in ("too_long", "too_short") and isinstance(given, str):
        kind = f"string_{kind}"
    if given is None and kind.endswith(("_type", "enum", "literal_error")):
        return "This field may not be null."
    if kind in ("enum", "literal_error"):
        return f'"{given}" is not a valid choice.' if isinstance(given, str | int | float) else TEXTS["string_type"]
    if kind == "value_error":
        return str(context["error"])
    return TEXTS[kind].format(**context) if kind in TEXTS else str(error["msg"])


def field_of(location: tuple[int | str, ...], source: str) -> str:
    """The field as the caller spelt the path to it; a parameter object's own name is not part of it."""
    inside = location[1:] if source == "body" else location[-1:]
    return ".".join(str(part) for part in inside if part != "[key]") or NON_FIELD


def invalid_from(failures: list[tuple[str, ValidationError]]) -> Invalid:
    """One refusal for all that is wrong in path, query and body; `failures` pairs each with its source."""
    details: dict[str, list[str]] = {}
    for source, failure in failures:
        for error in failure.errors(include_url=False):
            details.setdefault(field_of(error["loc"], source), []).append(text_of(dict(error)))
    return Invalid(details)
