"""Leaving for a while, saying that something is wrong, and what comes of it."""

from apps.moderation.services.appeals import appeal, appeal_by_token, case_of_token, decide_appeal
from apps.moderation.services.away import deactivate
from apps.moderation.services.cases import decide_case, look_at, view_case
from apps.moderation.services.previews import preview
from apps.moderation.services.removals import delete_removed
from apps.moderation.services.reports import report

__all__ = [
    "appeal",
    "appeal_by_token",
    "case_of_token",
    "deactivate",
    "decide_appeal",
    "decide_case",
    "delete_removed",
    "look_at",
    "preview",
    "report",
    "view_case",
]
