"""The shapes every answer and every body inherit."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from apps.core.http.errors import Invalid
from apps.core.http.links import public_url
from apps.core.reading.shapes import Column, Computed

T = TypeVar("T")
Answer = dict[str, Any]


NUL = "Null characters are not allowed."


def holds_nul(value: object) -> bool:
    # Not recursive: JSON may be nested deeper than Python's stack.
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, str) and "\0" in part:
            return True
        if isinstance(part, dict):
            parts += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            parts += part
    return False


def refuse_nul(value: Any) -> Any:
    fields = value.items() if isinstance(value, dict) else [("non_field_errors", value)]
    if nul := {str(name).replace("\0", ""): [NUL] for name, part in fields if holds_nul([name, part])}:
        raise Invalid(nul)
    return value


class Query(BaseModel):
    """Query parameters: trimmed, typed, unknown ones ignored."""

    model_config = ConfigDict(str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, data: Any) -> Any:
        return refuse_nul(data)


class In(Query):
    """A body: unknown and read-only fields are refused."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")


class Out(BaseModel):
    """An answer. What it shows of a row stands in its annotations, see `core.reading.shapes`."""

    model_config = ConfigDict(from_attributes=True)

    through: ClassVar[str] = ""
    """The path from a row to that of which the inherited fields are read."""


class ErrorOut(Out):
    """Every refusal. Only 400 has `details`, and only `account_deactivated` has `reactivate`."""

    error: str
    detail: str
    code: str
    status_code: int
    details: dict[str, list[str]] | None = None
    reactivate: str | None = Field(None, description="A token for `POST /users/reactivate`, good for 15 minutes.")


class Reply(Out, Generic[T]):
    message: str = "OK"
    data: T


class PageMeta(Out):
    total: int
    page: int
    limit: int
    next: str | None
    previous: str | None


class Page(Out, Generic[T]):
    message: str = "OK"
    data: list[T]
    meta: PageMeta


class LogMeta(Out):
    limit: int
    has_more: bool
    next: str | None


class Log(Out, Generic[T]):
    message: str = "OK"
    data: list[T]
    meta: LogMeta


class PersonOut(Out):
    """A user in a nested place."""

    id: int
    username: str
    role: Annotated[str, Column("user_type__slug")]
    is_verified: bool
    avatar: Annotated[str | None, Computed(public_url, "profile__avatar")]


def ok(data: object, message: str = "OK") -> Answer:
    return {"message": message, "data": data}


def lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(lower)
"""For enums and slugs: `FASHION` is read as `fashion`."""


def not_a_boolean(value: object) -> object:
    """JSON's true is not the number 1."""
    return str(value) if isinstance(value, bool) else value


def in_utc(value: datetime) -> datetime:
    """The same moment in UTC, in which the database keeps it and where the calendar must not end."""
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Enter a valid date/time.") from error


Integer = Annotated[int, BeforeValidator(not_a_boolean)]
Number = Annotated[float, BeforeValidator(not_a_boolean)]
Id = Annotated[Integer, Field(ge=1, le=2**63 - 1)]
Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""Bodies and queries use these four; a plain int takes true, a plain datetime the year 0."""
Secret = Annotated[str, StringConstraints(strip_whitespace=False, max_length=4096)]
"""Passwords, tokens and codes are taken as they are."""
