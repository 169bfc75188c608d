"""What services queue: telling audiences."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from apps.core.inserting import insert_select
from apps.core.mail.outbox import queue_mails
from apps.core.reading.shapes import show_instance
from apps.live.services import publish_each
from apps.notifications.audiences import AUDIENCES
from apps.notifications.models import FanOut, Frequency, Notification, NotificationQuerySet, has_disabled
from apps.notifications.models.types import people_who_read_mails
from apps.notifications.schemas import NotificationEvent, NotificationOut

if TYPE_CHECKING:
    from apps.accounts.models import User

COPIED = (
    *("actor_id", "kind_id", "title", "message", "priority"),
    *("redirect_kind", "redirect_id", "redirect_url"),
)
"""What each notification takes over from its fan-out."""


BATCH = 10_000
"""People told in one transaction."""


def deliver(fan_out_ids: Iterable[int]) -> None:
    """Tell the audience of each, everybody once; may be killed, started again, and run twice at the same time."""
    for fan_out_id in fan_out_ids:
        fan_out = FanOut.objects.select_related("kind", "actor").filter(pk=fan_out_id).first()
        if fan_out:  # it goes with its actor
            audience = AUDIENCES[fan_out.kind.code](fan_out)
            while deliver_batch(fan_out_id, audience):
                pass


@transaction.atomic
def deliver_batch(fan_out_id: int, audience: "QuerySet[User]") -> bool:
    """Tell the next few, and note how far it went in the same transaction. Whether there are more."""
    # Locked: of two runs at once, the second goes on where the first committed.
    current = FanOut.objects.unfinished().select_for_update(no_key=True).filter(pk=fan_out_id).first()
    if current is None:
        return False
    content = {name: getattr(current, name) for name in COPIED}
    told = insert_for(audience.filter(pk__gt=current.told_up_to).order_by("pk"), content, limit=BATCH)
    there_is_more = len(told) == BATCH
    current.told_up_to = max((user_id for user_id, _ in told), default=current.told_up_to)
    current.finished_at = None if there_is_more else timezone.now()
    current.save(update_fields=["told_up_to", "finished_at"])
    return there_is_more


def insert_for(people: "QuerySet[User]", content: dict[str, Any], limit: int | None = None) -> list[tuple[int, int]]:
    """One notification for each of the first `limit` of them who have not disabled it, by INSERT … SELECT.

    Returns the ids of these people, and of their notifications.
    """
    wanting = people.exclude(has_disabled(OuterRef("pk"), content["kind_id"]))[:limit]
    now = timezone.now()
    columns = content | {"receiver_id": F("pk"), "is_read": False, "created_at": now, "updated_at": now}
    told = sorted(insert_select(Notification, columns, wanting, returning=["receiver_id", "id"]))
    if told:
        one = Notification.objects.in_full().get(pk=told[0][1])
        publish_each(told, NotificationEvent(data=as_told(one)), actor=one.actor)
        mail_those_who_want_it(Notification.objects.filter(kind=one.kind_id, created_at=now, pk__range=span(told)))
    return told


def mail_those_who_want_it(notifications: NotificationQuerySet) -> None:
    reached = Exists(people_who_read_mails().filter(pk=OuterRef("receiver")))
    queue_mails(
        kind="notification",
        rows=notifications.wanted_by_mail(Frequency.IMMEDIATE).filter(reached),
        person="receiver",
    )


def span(told: list[tuple[int, int]]) -> tuple[int, int]:
    """Their first and last id: of what was told at that very moment, nothing else lies between them."""
    ids = [notification_id for _, notification_id in told]
    return min(ids), max(ids)


def as_told(notification: Notification) -> NotificationOut:
    return NotificationOut.model_validate(show_instance(notification, NotificationOut))
