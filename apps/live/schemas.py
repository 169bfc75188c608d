from typing import ClassVar

from pydantic import Field

from apps.core.http.schemas import Integer, Line, Out, Query, Secret

MAX_WAIT = 25


class StreamEvent(Out):
    """What the clients of a person are told; `data` is the item of the matching list."""

    name: ClassVar[str]

    data: Out


class StreamQuery(Query):
    last_event_id: Line | None = None
    token: Secret | None = Field(None, description="An access token, where no header can be sent.")


class PollQuery(Query):
    token: Secret | None = Field(None, description="An access token, where no header can be sent.")
    cursor: Line | None = None
    wait: Integer = Field(0, ge=0, le=MAX_WAIT)
    limit: Integer = Field(100, ge=1, le=100)
