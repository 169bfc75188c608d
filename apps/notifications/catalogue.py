"""The notification codes there are, and the words that whoever tells of one brings along.

A text may use these as {names}: the console refuses any other, and telling without one of them fails.
"""

from datetime import timedelta

WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "welcome": "",
        "follow_request": "sender",
        "follow_accepted": "user",
        "document_approved": "type",
        "document_rejected": "type reason",
        "event_hosted": "host title",
        "event_joined": "user does title",
        "event_invited": "host title",
        "event_changed": "title",
        "event_cancelled": "title",
        "event_promoted": "title",
        "event_reminder": "title time",
        "message_received": "role sender",
        "application_received": "creator title",
        "application_accepted": "title",
        "application_rejected": "title",
        "collaboration_scheduled": "title date",
        "collaboration_cancelled": "title reason",
        "collaboration_completed": "title",
        "content_submitted": "creator title",
        "content_approved": "title",
        "content_rejected": "title",
        "content_revision_requested": "title",
        "content_due": "title time",
        "approval_due": "title",
        "tier_upgraded": "tier name",
        "payment_due": "title",
        "offer_invited": "brand title",
        "offer_closed": "title",
        "dispute_opened": "title",
        "dispute_decided": "title",
        "proposal_received": "user title",
        "proposal_answered": "user answer title",
        "payment_marked": "title",
        "project_followed": "company title",
        "startup_saved": "company",
        "project_updated": "title company",
        "plan_access_requested": "company title",
        "plan_access_granted": "title",
        "report_decided": "",
        "content_removed": "kind reason",
        "account_warned": "reason",
        "account_suspended": "date reason",
        "appeal_decided": "outcome",
        "subscription_started": "plan date",
        "plan_expiring": "plan",
        "plan_expired": "plan",
        "new_login": "device",
        "export_ready": "",
        "announcement": "title message",
    }.items()
}

HAVE_MAILS_OF_THEIR_OWN = frozenset(
    {"new_login", "content_removed", "account_warned", "account_suspended", "appeal_decided"}
)
"""Security, and decisions about somebody, are mailed to any address, whatever they have chosen; they are not mailed the
notification besides."""

MAILS_WAIT = {"message_received": timedelta(minutes=1)}
"""So long: who is reading along is not mailed what they are just reading."""


def words_of(code: str) -> frozenset[str]:
    """No words for a code that nobody tells of."""
    return WORDS.get(code, frozenset())
