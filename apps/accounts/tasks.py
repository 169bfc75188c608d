"""What the schedule starts."""

from apps.accounts.services import activity, documents, exports, leaving, sessions, staff


def prune_sessions() -> None:
    sessions.prune_sessions()


def erase_old_documents() -> None:
    documents.erase_old_documents()


def take_up_exports() -> None:
    exports.take_up_exports()


def prune_exports() -> None:
    exports.prune_exports()


def erase_due() -> None:
    leaving.erase_due()


def erase_late_rows() -> None:
    leaving.erase_late_rows()


def prune_active_days() -> None:
    activity.prune_active_days()


def end_suspensions() -> None:
    staff.end_suspensions()
