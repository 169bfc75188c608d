"""The mails that tell of notifications. Whoever has read them by now, or has changed their mind, gets none."""

from typing import Any

from apps.core.mail.kinds import MailKind
from apps.core.models import OutgoingMail
from apps.notifications.models import Digest, Frequency, Notification

SHOWN = 20
"""So many notifications are in a digest; it says how many more there are."""


def notification(mail: OutgoingMail) -> dict[str, Any] | None:
    theirs = Notification.objects.for_receiver(mail.user_id).unread().wanted_by_mail(Frequency.IMMEDIATE)
    row = theirs.filter(pk=mail.about or 0).first()
    if row is None or not may_be_mailed(mail):
        return None
    return {"subject": one_line(row.title), "message": row.message, "unsubscribe_from": row.kind_id}


def digest(mail: OutgoingMail) -> dict[str, Any] | None:
    row = Digest.objects.filter(pk=mail.about or 0).first()
    if row is None or not may_be_mailed(mail):
        return None
    messages = list(row.news.values_list("message", flat=True)[:SHOWN])
    if not messages:
        return None
    more = row.news.count() - len(messages)
    return {"messages": messages, "more": more, "unsubscribe_from": row.frequency}


def may_be_mailed(mail: OutgoingMail) -> bool:
    """Whether they still want mails at this address."""
    is_theirs = not mail.user.is_away and mail.user.email_verified and mail.user.email == mail.address
    preferences = getattr(mail.user, "notification_preferences", None)
    return bool(is_theirs and (preferences is None or preferences.enable_email))


def one_line(text: str) -> str:
    return " ".join(text.split())


MAILS = [
    MailKind("notification", "News for you", notification),
    MailKind("daily_digest", "Your day", digest),
    MailKind("weekly_summary", "Your week", digest),
]
