"""Telling people things, and what they do with what they were told."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.utils import timezone

from apps.core.audit import name_of
from apps.live.services import publish, publish_each, take_back
from apps.notifications.models import (
    FanOut,
    Notification,
    NotificationQuerySet,
    NotificationType,
    notification_type,
    unread_about,
)
from apps.notifications.schemas import (
    NotificationDeletedEvent,
    NotificationDeletedOut,
    NotificationEvent,
    NotificationOut,
    Redirect,
)

if TYPE_CHECKING:
    from apps.accounts.models import User

COPIED = (
    *("actor_id", "kind_id", "title", "message", "priority"),
    *("redirect_kind", "redirect_id", "redirect_url"),
)
"""What each notification takes over from its fan-out."""

NAME_IN_BRACES = re.compile(r"\{(\w+)\}")


BATCH = 10_000
"""People told in one transaction."""


class News(NamedTuple):
    """What one person's audience is to be told."""

    key: str
    actor: "User"
    words: dict[str, str]


@transaction.atomic(savepoint=False)
def notify(*, receiver: "User", code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """Tell `receiver` what happened, in the words of the notification type `code`; nothing if it is switched off."""
    if content := compose(code, redirect, words):
        announce(Notification.objects.create(receiver=receiver, actor=actor, **content))


def announce(notification: Notification) -> None:
    event = NotificationEvent(data=NotificationOut.model_validate(notification))
    publish([notification.receiver_id], event, actor=notification.actor, about=name_of(notification))


@transaction.atomic(savepoint=False)
def renew(*, receiver: "User", code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """As `notify`, but what was told of the same object and not read yet is brought up to date instead.

    The caller lets one at a time tell of this object, so that there is one unread row of it.
    """
    content = compose(code, redirect, words)
    if content is None:
        return
    told = unread_about(receiver.pk, code, redirect.id).first()
    if told is None:
        announce(Notification.objects.create(receiver=receiver, actor=actor, **content))
        return
    content |= {"actor": actor, "updated_at": timezone.now()}
    for name, value in content.items():
        setattr(told, name, value)
    told.save(update_fields=content.keys())
    announce(told)


@transaction.atomic
def notify_all(
    *, receivers: "QuerySet[User]", code: str, actor: "User | None", redirect: Redirect, **words: str
) -> None:
    """Tell each of a few hundred people the same, in one statement; who tells more of them starts a fan-out."""
    if content := compose(code, redirect, words):
        insert_for(receivers, content | {"actor_id": actor and actor.pk})


@transaction.atomic
def start_fan_out(*, key: str, code: str, actor: "User | None", redirect: Redirect, **words: str) -> FanOut | None:
    """Note down what an audience is to be told; None if that was noted before, or the type is switched off.

    The caller queues the job that calls `deliver`, in the same transaction.
    """
    content = compose(code, redirect, words)
    if content is None:
        return None
    fan_out, is_new = FanOut.objects.get_or_create(key=key, defaults={"actor": actor, **content})
    return fan_out if is_new else None


@transaction.atomic
def start_fan_outs(*, code: str, redirect: Redirect, news: Iterable[News]) -> list[int]:
    """As `start_fan_out` for each of the `news`, in a few statements. The ids of those to deliver, in their order."""
    kind = kind_of(code)
    if not kind.is_active:
        return []
    rows = [FanOut(key=it.key, actor=it.actor, **content_of(kind, redirect, it.words)) for it in news]
    FanOut.objects.bulk_create(rows, ignore_conflicts=True)
    noted = FanOut.objects.unfinished().filter(key__in=[row.key for row in rows])
    return list(noted.order_by("pk").values_list("pk", flat=True))


def compose(code: str, redirect: Redirect, words: dict[str, str]) -> dict[str, Any] | None:
    """What a notification of this type says now; None if the type is switched off."""
    kind = kind_of(code)
    return content_of(kind, redirect, words) if kind.is_active else None


def kind_of(code: str) -> NotificationType:
    kind = notification_type(code).first()
    if kind is None:
        raise NotificationType.DoesNotExist(f"There is no notification type {code}: run `manage.py seed`.")
    return kind


def content_of(kind: NotificationType, redirect: Redirect, words: dict[str, str]) -> dict[str, Any]:
    return {
        "kind_id": kind.pk,
        "title": fill_in(kind.title, words)[:200],
        "message": fill_in(kind.message, words),
        "priority": kind.priority,
        "redirect_kind": redirect.kind,
        "redirect_id": redirect.id,
        "redirect_url": redirect.url,
    }


def deliver(*, fan_out: FanOut, audience: "QuerySet[User]") -> None:
    """Tell everybody in `audience`, once; may be killed, started again, and run twice at the same time."""
    while deliver_batch(fan_out, audience):
        pass


@transaction.atomic
def deliver_batch(fan_out: FanOut, audience: "QuerySet[User]") -> bool:
    """Tell the next few, and note how far it went in the same transaction. Whether there are more."""
    # Locked: of two runs at once, the second goes on where the first committed.
    current = FanOut.objects.unfinished().select_for_update(no_key=True).filter(pk=fan_out.pk).first()
    if current is None:
        return False
    content = {name: getattr(current, name) for name in COPIED}
    told = insert_for(audience.filter(pk__gt=current.told_up_to).order_by("pk")[:BATCH], content)
    there_is_more = len(told) == BATCH
    current.told_up_to = max((user_id for user_id, _ in told), default=current.told_up_to)
    current.finished_at = None if there_is_more else timezone.now()
    current.save(update_fields=["told_up_to", "finished_at"])
    return there_is_more


def insert_for(people: "QuerySet[User]", content: dict[str, Any]) -> list[tuple[int, int]]:
    """One notification for each of them, in one statement: INSERT … SELECT. The ids of these people, and of theirs."""
    now = timezone.now()
    content = content | {"is_read": False, "created_at": now, "updated_at": now}
    fields = {field.attname: field for field in Notification._meta.concrete_fields}
    values = [Value(value, output_field=fields[name]) for name, value in content.items()]
    try:
        select, parameters = people.values_list("pk", *values).query.sql_with_params()
    except EmptyResultSet:  # nobody, as `none()` and an empty list of ids have it
        return []
    columns = ", ".join(["receiver_id", *(str(fields[name].column) for name in content)])
    with connection.cursor() as cursor:
        table = Notification._meta.db_table
        cursor.execute(f"INSERT INTO {table} ({columns}) {select} RETURNING receiver_id, id", parameters)
        told: list[tuple[int, int]] = sorted(cursor.fetchall())
    if told:
        one = Notification.objects.as_items().get(pk=told[0][1])
        publish_each(told, NotificationEvent(data=NotificationOut.model_validate(one)), actor=one.actor)
    return told


def fill_in(text: str, words: dict[str, str]) -> str:
    """Plain names only: staff write the text, and str.format would let it reach into the words' attributes."""
    return NAME_IN_BRACES.sub(lambda name: words.get(name[1], name[0]), text)


def retract(*, receiver: int, code: str, redirect_id: int) -> None:
    """What was told is no longer so: take it back, unless it was read."""
    delete_all(notifications=Notification.objects.about(receiver, code, redirect_id).unread())


def move(*, to: Redirect) -> None:
    """The object that `to` names has another address now: what people were told of it leads there."""
    moved = Notification.objects.filter(redirect_kind=to.kind, redirect_id=to.id)
    moved.exclude(redirect_url=to.url).update(redirect_url=to.url)


def settle(*, receiver: int, code: str, redirect_id: int) -> None:
    """Somebody has seen the object itself: what told of it counts as read."""
    mark_all(notifications=Notification.objects.about(receiver, code, redirect_id), read=True)


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


@transaction.atomic
def delete_all(*, notifications: NotificationQuerySet) -> None:
    """Delete these notifications, and tell their receivers' clients that they are gone."""
    rows = list(notifications.select_for_update(of=("self",)).order_by("pk"))
    Notification.objects.filter(pk__in=[row.pk for row in rows]).delete()
    take_back(*map(name_of, rows))
    while rows:
        # An event has one entry in each log: whoever lost several is told of them one after the other.
        firsts = {row.receiver_id: row.pk for row in reversed(rows)}
        event = NotificationDeletedEvent(data=NotificationDeletedOut(id=rows[0].pk))
        publish_each(sorted(firsts.items()), event)
        rows = [row for row in rows if row.pk != firsts[row.receiver_id]]
