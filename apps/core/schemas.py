"""The shapes every answer and every body inherit."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T")
Answer = dict[str, Any]


def holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(holds_nul(part) for part in value)


def refuse_nul(value: Any) -> Any:
    if holds_nul(value):
        raise PydanticCustomError("nul", "Null characters are not allowed.")
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
    """An answer, read from a row: its attributes and annotations under the same names."""

    model_config = ConfigDict(from_attributes=True)


class ErrorOut(Out):
    """Every refusal. Only 400 has `details`."""

    error: str
    detail: str
    code: str
    status_code: int
    details: dict[str, list[str]] | None = None


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
    role: str
    is_verified: bool
    avatar: str | None


def ok(data: object, message: str = "OK") -> Answer:
    return {"message": message, "data": data}


def lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


AnyCase = BeforeValidator(lower)
"""For enums and slugs: `FASHION` is read as `fashion`."""


def not_a_boolean(value: object) -> object:
    """JSON's true is not the number 1."""
    return str(value) if isinstance(value, bool) else value


Id = Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(not_a_boolean)]
Secret = Annotated[str, StringConstraints(strip_whitespace=False, max_length=4096)]
"""Passwords, tokens and codes are taken as they are."""

OrNone = BeforeValidator(lambda value: value or None)
"""For answers: the database keeps an absent text as "", the API says null."""
