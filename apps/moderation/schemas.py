from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from apps.core.http.schemas import AnyCase, Id, In, Line, LongText, Out, Secret
from apps.core.reading.shapes import Column
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
    reason: Annotated[str, Column("reason__code")]
    details: str
    status: Report.Status
    created_at: datetime
