"""Telling people things, and what they do with what they were told."""

import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from apps.notifications.models import Notification, NotificationQuerySet, NotificationType
from apps.notifications.schemas import Redirect

if TYPE_CHECKING:
    from apps.accounts.models import User

NAME_IN_BRACES = re.compile(r"\{(\w+)\}")


@transaction.atomic
def notify(*, receiver: "User", code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """Tell `receiver` what happened, in the words of the notification type `code`; nothing if it is switched off."""
    kind = NotificationType.objects.filter(code=code).first()
    if kind is None:
        raise NotificationType.DoesNotExist(f"There is no notification type {code}: run `manage.py seed`.")
    if not kind.is_active:
        return
    Notification.objects.create(
        receiver=receiver,
        actor=actor,
        kind=kind,
        title=fill_in(kind.title, words)[:200],
        message=fill_in(kind.message, words),
        priority=kind.priority,
        redirect_kind=redirect.kind,
        redirect_id=redirect.id,
        redirect_url=redirect.url,
    )


def fill_in(text: str, words: dict[str, str]) -> str:
    """Plain names only: staff write the text, and str.format would let it reach into the words' attributes."""
    return NAME_IN_BRACES.sub(lambda name: words.get(name[1], name[0]), text)


def mark_one(*, notification: Notification, read: bool) -> None:
    own = Notification.objects.filter(pk=notification.pk)
    mark_all(notifications=own, read=read)
    notification.refresh_from_db(fields=["is_read", "read_at"])


def mark_all(*, notifications: NotificationQuerySet, read: bool) -> int:
    """How many changed; what was read before keeps its time."""
    now = timezone.now()
    unlike = notifications.filter(is_read=not read)
    changed: int = unlike.update(is_read=read, read_at=now if read else None, updated_at=now)
    return changed


def delete_notification(*, notification: Notification) -> None:
    notification.delete()
