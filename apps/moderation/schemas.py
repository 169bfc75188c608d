from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from apps.core.http.schemas import AnyCase, Id, In, Line, LongText, Out, Secret
from apps.core.reading.shapes import Column, Computed, ForViewer, Item, or_null
from apps.core.reading.viewer import Viewer
from apps.moderation.models import Appeal, Case


class DeactivateIn(In):
    """An account without a password sends none, and has signed in less than 15 minutes ago."""

    password: Secret = ""


class ReactivateIn(In):
    token: Secret


class ReportIn(In):
    target_type: Annotated[Case.Target, AnyCase]
    target_id: Id
    reason: Annotated[Line, StringConstraints(max_length=50), AnyCase]
    details: Annotated[LongText, StringConstraints(max_length=2000)] = ""


def reason_for(viewer: Viewer, reporter_id: int | None, reason: str) -> str | None:
    """The person decided about is not told what was said of them."""
    return reason if viewer.id == reporter_id else None


def appeal_for(
    viewer: Viewer, reporter_id: int | None, status: str | None, text: str | None, decided_at: datetime | None
) -> Item | None:
    """Whoever reported it is not told in which words the other appeals."""
    if status is None:
        return None
    return {"status": status, "text": None if viewer.id == reporter_id else text, "decided_at": decided_at}


class ReportAppealOut(Out):
    status: Appeal.Status
    text: str | None
    decided_at: datetime | None


class ReportOut(Out):
    """For whoever made it, or the person decided about."""

    id: int
    target_type: Annotated[Case.Target, Column("case__target_type")]
    target_id: Annotated[int, Column("case__target_id")]
    reason: Annotated[str | None, ForViewer(reason_for, "reporter_id", "reason__code")]
    status: Annotated[Case.Status, Column("case__status")]
    decision: Annotated[Case.Decision | None, Computed(or_null, "case__decision")]
    note: Annotated[str | None, Computed(or_null, "case__reason")]
    decided_at: Annotated[datetime | None, Column("case__decided_at")]
    appeal: Annotated[
        ReportAppealOut | None,
        ForViewer(appeal_for, "reporter_id", "case__appeal__status", "case__appeal__text", "case__appeal__decided_at"),
    ]
    created_at: datetime


class ReceivedReportOut(ReportOut):
    """The answer to whoever made it just now."""

    details: str


class AppealIn(In):
    text: Annotated[LongText, StringConstraints(min_length=1, max_length=2000)]


class AppealByTokenIn(AppealIn):
    token: Secret
