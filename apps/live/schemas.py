from typing import Any, ClassVar

from pydantic import Field

from apps.core.http.links import FieldPath, file_url_fields
from apps.core.http.schemas import Integer, Line, Out, Query, Secret

MAX_WAIT = 25
FILE_URLS: dict[str, list[FieldPath]] = {}
"""Where the data of an event has URLs of private files, by the event's name; events without any are not in it."""


class StreamEvent(Out):
    """What the clients of a person are told; `data` is the item of the matching list."""

    name: ClassVar[str]

    data: Out

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        if fields := file_url_fields(cls.model_fields["data"].annotation):
            FILE_URLS[cls.name] = fields


class StreamQuery(Query):
    last_event_id: Line | None = None
    token: Secret | None = Field(None, description="An access token, where no header can be sent.")


class PollQuery(Query):
    token: Secret | None = Field(None, description="An access token, where no header can be sent.")
    cursor: Line | None = None
    wait: Integer = Field(0, ge=0, le=MAX_WAIT)
    limit: Integer = Field(100, ge=1, le=100)
