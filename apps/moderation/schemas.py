from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, Field, StringConstraints

from apps.core.http.schemas import AnyCase, Id, In, Line, LongText, Out, Secret
from apps.moderation.models import Report


class DeactivateIn(In):
    """An account without a password sends none, and has signed in less than 15 minutes ago."""

    password: Secret = ""


class ReactivateIn(In):
    token: Secret


class ReportIn(In):
    target_type: Annotated[Report.Target, AnyCase]
    target_id: Id
    reason: Annotated[Line, StringConstraints(max_length=50), AnyCase]
    details: Annotated[LongText, StringConstraints(max_length=2000)] = ""


class ReportOut(Out):
    id: int
    target_type: Report.Target
    target_id: int
    reason: str = Field(validation_alias=AliasPath("reason", "code"))
    details: str
    status: Report.Status
    created_at: datetime
