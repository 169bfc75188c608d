"""The router every room uses: its operations carry the house's conventions without saying so."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import ninja
from django.urls import register_converter
from django.urls.converters import IntConverter
from ninja import NinjaAPI
from ninja.constants import NOT_SET
from ninja.errors import ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.params.models import TModel
from ninja.schema import NinjaGenerateJsonSchema
from ninja.throttling import BaseThrottle
from pydantic import BaseModel

from apps.core.http import door
from apps.core.http.auth import Anyone, Bearer, OpenFileLink
from apps.core.http.idempotency import MAX_LENGTH, once
from apps.core.http.payload import invalid_from
from apps.core.http.schemas import ErrorOut
from apps.core.http.throttling import Throttle
from apps.core.operations import metrics

Handler = TypeVar("Handler", bound=Callable[..., Any])

FILE_CONTENT = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
FILE_ANSWER: dict[str, Any] = {
    "response": {200: None, 416: None},
    "openapi_extra": {
        "responses": {
            200: {"description": "The file.", **FILE_CONTENT},
            206: {"description": "The range asked for.", **FILE_CONTENT},
            304: {"description": "The file that If-None-Match names."},
            302: {"description": "Where the file is in S3: a link that opens it for a few minutes."},
        }
    },
}
"""The options of an operation that answers a file, without an envelope."""


ERROR_SCHEMA = f"#/components/schemas/{ErrorOut.__name__}"
READING = {"GET", "HEAD"}
UNLIMITED: list[BaseThrottle] = []
"""The `throttle=` of a write that is to have no limit."""


def refusals(*statuses: int) -> dict[int, None]:
    """Further refusals of an operation, for its `response`; `Description` knows the shape, which is one."""
    return dict.fromkeys(statuses)


def takes_files(*, up_to: int) -> Callable[[Handler], Handler]:
    """The form of this operation may carry that many bytes of files; any other body stays below MAX_BODY_BYTES."""

    def declare(handler: Handler) -> Handler:
        handler.upload_bytes = up_to  # type: ignore[attr-defined]  # for the router
        return handler

    return declare


def statuses_by_input(handler: Callable[..., Any], path: str) -> list[int]:
    """With which an operation may refuse what it is sent."""
    parameters = inspect.signature(handler).parameters
    statuses = [400] * bool(parameters.keys() - {"request"}) + [404] * ("{" in path)
    if "data" not in parameters:
        return statuses
    refuse_undeclared(handler)
    return [*statuses, 413, 415]


def refuse_undeclared(handler: Callable[..., Any]) -> None:
    """The doors would let no file through to an operation that does not say that it takes some."""
    annotation = inspect.signature(handler).parameters["data"].annotation
    shape: type[BaseModel] = get_args(annotation)[0]
    fields = shape.model_json_schema().get("properties", {}).values()
    if any(map(holds_file, fields)) != hasattr(handler, "upload_bytes"):
        raise ValueError(f"{handler.__name__}: @takes_files goes with a body that has files, and with no other.")


class IdConverter(IntConverter):
    """`{id:…}` in a path: a row's id. No database has larger ones, so they lead nowhere."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "id")


class Router(ninja.Router):
    """Gives each operation its id and its declared refusals.

    A write that names no limit gets the shared one, and a POST that creates the idempotency key.
    """

    def add_api_operation(
        self,
        path: str,
        methods: list[str],
        view_func: Callable[..., Any],
        *,
        auth: Any = NOT_SET,
        response: Any = NOT_SET,
        operation_id: str | None = None,
        throttle: Any = NOT_SET,
        **options: Any,
    ) -> None:
        answers = dict(response) if isinstance(response, dict) else {200: response}
        creates = methods == ["POST"] and 201 in answers and auth is NOT_SET
        if throttle is NOT_SET:
            throttle = UNLIMITED if READING.issuperset(methods) else Throttle("write")
        name = operation_id or view_func.__name__
        metrics.operation_ids.update({(method, path): name for method in methods})
        if up_to := getattr(view_func, "upload_bytes", 0):
            door.allow_uploads(methods[0], path, up_to)
        statuses = [*statuses_by_input(view_func, path), 500, 503]
        statuses += [401] * (auth is not None) + [409] * creates + [429] * (throttle is not UNLIMITED)
        super().add_api_operation(
            path,
            methods,
            once(view_func, answers[201]) if creates else view_func,
            auth=auth,
            response=refusals(*sorted(statuses)) | answers,
            operation_id=name,
            throttle=throttle,
            **options,
        )


class Api(NinjaAPI):
    """One wording for every wrong input, and a schema that says what ninja cannot."""

    def validation_error_from_error_contexts(  # type: ignore[override]  # ours is as much an exception as ninja's
        self, error_contexts: list[ValidationErrorContext[TModel]]
    ) -> Exception:
        return invalid_from(
            [
                (context.model.__ninja_param_source__ or "", context.pydantic_validation_error)
                for context in error_contexts
            ]
        )

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        schema = Description(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)
        schemes = schema["components"].setdefault("securitySchemes", {})
        schemes.clear()
        schemes["Bearer"] = {"type": "http", "scheme": Bearer.openapi_scheme, "bearerFormat": "JWT"}
        schemes["Cookie"] = {"type": "apiKey", "in": "cookie", "name": "access_token"}
        for operation in operations_of(schema):
            describe_security(operation)
            describe_retries(operation)
            describe_upload(operation, schema["components"]["schemas"])
        return schema


class Description(OpenAPISchema):
    """ninja's, which keeps one shape for each name, and knows that of all refusals."""

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        # ninja would make a shape for each refusal of each operation: six hundred, a tenth of every start.
        answers: dict[int, dict[str, Any]] = super().responses(operation)
        for status, answer in answers.items():
            if status >= 400:
                answer.setdefault("content", {self.api.renderer.media_type: {"schema": {"$ref": ERROR_SCHEMA}}})
        return answers

    def get_components(self) -> dict[str, Any]:
        refusal = ErrorOut.model_json_schema(mode="serialization", schema_generator=NinjaGenerateJsonSchema)
        self.add_schema_definitions({ErrorOut.__name__: refusal})
        components: dict[str, Any] = super().get_components()
        return components

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Choices are written out where they stand: there is more than one enum called Status."""
        choices = {name: shape for name, shape in definitions.items() if "enum" in shape}
        shapes = {name: write_out(shape, choices) for name, shape in definitions.items() if name not in choices}
        definitions.update(shapes)
        for name, shape in shapes.items():
            if self.schemas.setdefault(name, shape) != shape:
                raise ValueError(f"Two different schemas are called {name}: rename one.")


def write_out(part: Any, choices: dict[str, Any]) -> Any:
    """`part` with each reference to one of `choices` replaced by what it refers to."""
    if isinstance(part, list):
        return [write_out(inner, choices) for inner in part]
    if not isinstance(part, dict):
        return part
    chosen = choices.get(str(part.get("$ref", "")).rpartition("/")[2])
    rest = {name: write_out(inner, choices) for name, inner in part.items() if not (chosen and name == "$ref")}
    return {**(chosen or {}), **rest}


def operations_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in schema["paths"].values() for operation in path.values()]


def describe_security(operation: dict[str, Any]) -> None:
    names = [name for choice in operation.get("security", []) for name in choice]
    if names:
        is_public = {Anyone.__name__, OpenFileLink.__name__} & set(names)
        nobody: list[dict[str, list[str]]] = [{}] if is_public else []
        operation["security"] = [{"Bearer": []}, {"Cookie": []}, *nobody]


def describe_retries(operation: dict[str, Any]) -> None:
    """What can conflict takes a key."""
    if 409 in operation["responses"]:
        operation["parameters"].append(
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "maxLength": MAX_LENGTH},
                "description": "The same key and body within 24 hours gets the first answer again.",
            }
        )


def describe_upload(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A body that needs a file is a form; one that may hold files is either."""
    content = operation.get("requestBody", {}).get("content", {})
    reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    shape = schemas.get(reference.rpartition("/")[2], {})
    files = {name for name, field in shape.get("properties", {}).items() if holds_file(field)}
    if files:
        content["multipart/form-data"] = content["application/json"]
    if files & set(shape.get("required", [])):
        del content["application/json"]


def holds_file(field: dict[str, Any]) -> bool:
    inside = [*field.get("anyOf", []), *([field["items"]] if "items" in field else [])]
    return field.get("format") == "binary" or any(map(holds_file, inside))
