"""What the schedule starts."""

from apps.accounts.services import documents, sessions


def prune_sessions() -> None:
    sessions.prune_sessions()


def erase_old_documents() -> None:
    documents.erase_old_documents()
