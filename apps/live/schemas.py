from typing import ClassVar

from pydantic import Field

from apps.core.http.schemas import Out, Query

MAX_WAIT = 25


class StreamEvent(Out):
    """What the clients of a person are told; `data` is the item of the matching list."""

    name: ClassVar[str]

    data: Out


class StreamQuery(Query):
    last_event_id: str | None = None
    token: str | None = Field(None, description="An access token, where no header can be sent.")


class PollQuery(Query):
    token: str | None = Field(None, description="An access token, where no header can be sent.")
    cursor: str | None = None
    wait: int = Field(0, ge=0, le=MAX_WAIT)
    limit: int = Field(100, ge=1, le=100)
