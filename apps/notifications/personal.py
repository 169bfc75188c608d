"""What people were told, and want to hear."""

from typing import Any

from django.db.models import Case, QuerySet, TextField, When

from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import delete_rows, deleted
from apps.notifications.models import Digest, FanOut, Notification, Preferences, TypePreference

TOLD = ["kind__code", "actor", "text", "redirect_url", "is_read", "created_at"]


def told(user_id: int) -> QuerySet[Notification]:
    """With their text where it is about nobody else: it may say the full name of who did it."""
    text = Case(When(actor=None, then="message"), output_field=TextField())
    return Notification.objects.filter(receiver=user_id).annotate(text=text)


def erase_told_of(rows: Any, subject: DataSubject) -> None:
    """Others' notifications that name them, or lead to their profile."""
    delete_rows(rows)
    delete_rows(Notification.objects.filter(redirect_kind="profile", redirect_id=subject.id))


PERSONAL = [
    Personal(FanOut, ["actor"], export="What others are told; their notifications are theirs.", erase=deleted),
    Personal(Notification, ["receiver"], export=Exported("notifications", TOLD, rows=told), erase=deleted),
    Personal(Notification, ["actor"], export="Others' notifications are theirs.", erase=erase_told_of),
    Personal(Digest, ["user"], export="Which notifications one mail told of.", erase=deleted),
    Personal(
        TypePreference,
        ["preferences"],
        export=Exported("preferences_by_type", ["kind__code", "frequency", "email_enabled"]),
        erase=deleted,
    ),
    Personal(
        Preferences,
        ["user"],
        export=Exported("preferences", ["enable_in_app", "enable_email", "enable_push", "updated_at"]),
        erase=deleted,
    ),
]
