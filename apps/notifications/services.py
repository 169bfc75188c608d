"""Telling people things, and what they do with what they were told."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.audit import name_of
from apps.core.http.errors import Invalid
from apps.core.mail.outbox import queue_mail
from apps.core.queue import queue
from apps.live.services import publish, publish_each, take_back
from apps.notifications.audiences import AUDIENCES
from apps.notifications.catalogue import HAVE_MAILS_OF_THEIR_OWN, MAILS_WAIT, words_of
from apps.notifications.errors import PreferenceNotFound
from apps.notifications.jobs import as_told, deliver, insert_for
from apps.notifications.models import (
    FanOut,
    Frequency,
    Notification,
    NotificationQuerySet,
    NotificationType,
    Preferences,
    TypePreference,
    notification_type,
    unread_about,
    wanted_type,
)
from apps.notifications.schemas import (
    NotificationDeletedEvent,
    NotificationDeletedOut,
    NotificationEvent,
    Redirect,
)

if TYPE_CHECKING:
    from apps.accounts.models import User

NAME_IN_BRACES = re.compile(r"\{(\w+)\}")

TOGETHER = timedelta(hours=1)
"""Changes of one object within this time are told twice at most: the first at once, the others at its end."""


class FanOutContent(NamedTuple):
    """What one person's audience is to be told."""

    key: str
    actor: "User"
    words: dict[str, str]


@transaction.atomic(savepoint=False)
def notify(*, receiver: "User", code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """Tell `receiver` what happened, in the words of the notification type `code`.

    Nothing if it is switched off, or if they have disabled it.
    """
    if kind := wanted_kind(receiver, code):
        tell(receiver, actor, kind, redirect, words)


def tell(
    receiver: "User", actor: "User | None", kind: NotificationType, redirect: Redirect, words: dict[str, str]
) -> None:
    told = Notification.objects.create(receiver=receiver, actor=actor, **content_of(kind, redirect, words))
    announce(told)
    if kind.by_mail and kind.code not in HAVE_MAILS_OF_THEIR_OWN:
        wait = MAILS_WAIT.get(kind.code, timedelta(0))
        queue_mail(kind="notification", user=receiver, about=told.pk, wait=wait)


def announce(notification: Notification) -> None:
    event = NotificationEvent(data=as_told(notification))
    publish([notification.receiver_id], event, actor=notification.actor, about=name_of(notification))


@transaction.atomic(savepoint=False)
def notify_or_update(*, receiver: "User", code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """As `notify`, but what was told of the same object and not read yet is brought up to date instead.

    The caller lets one at a time tell of this object, so that there is one unread row of it.
    """
    kind = wanted_kind(receiver, code)
    if kind is None:
        return
    told = unread_about(receiver.pk, code, redirect.id).first()
    if told is None:
        tell(receiver, actor, kind, redirect, words)
        return
    content = content_of(kind, redirect, words) | {"actor": actor, "updated_at": timezone.now()}
    for name, value in content.items():
        setattr(told, name, value)
    told.save(update_fields=content.keys())
    announce(told)


@transaction.atomic
def notify_all(
    *, receivers: "QuerySet[User]", code: str, actor: "User | None", redirect: Redirect, **words: str
) -> None:
    """Tell each of a few hundred people the same who wants to hear it, in one statement.

    Who tells more of them starts a fan-out.
    """
    if content := compose(code, redirect, words):
        insert_for(receivers, content | {"actor_id": actor and actor.pk})


@transaction.atomic
def start_fan_out(*, key: str, code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """Have the worker tell the audience of `code`; nothing if `key` was told before, or the type is switched off."""
    expect_audience(code)
    if content := compose(code, redirect, words):
        create_fan_out(key, content | {"actor": actor})


@transaction.atomic
def start_or_postpone_fan_out(*, key: str, code: str, actor: "User | None", redirect: Redirect, **words: str) -> None:
    """As `start_fan_out`, of a change: at once, but what changes within the hour after that is told once, at its end.

    The caller lets one at a time change the object that `redirect` leads to.
    """
    expect_audience(code)
    content = compose(code, redirect, words)
    if content is None:
        return
    content |= {"actor": actor}
    of_object = FanOut.objects.of_object(content["kind_id"], redirect.id)
    # Waits for a worker that begins to tell just now, and then finds nothing: people may have looked already.
    if of_object.waiting().update(**content):
        return
    first = of_object.told_at_once_since(timezone.now() - TOGETHER).first()
    create_fan_out(key, content | {"postponed_until": first and first.created_at + TOGETHER})


def create_fan_out(key: str, content: dict[str, Any]) -> None:
    fan_out, is_new = FanOut.objects.get_or_create(key=key, defaults=content)
    if is_new and not fan_out.postponed_until:
        queue(deliver, [fan_out.pk])


@transaction.atomic
def start_fan_outs(*, code: str, redirect: Redirect, contents: Iterable[FanOutContent]) -> None:
    """As `start_fan_out` for each of the `contents`, in a few statements and by one job."""
    expect_audience(code)
    kind = kind_of(code)
    if not kind.is_active:
        return
    rows = [FanOut(key=it.key, actor=it.actor, **content_of(kind, redirect, it.words)) for it in contents]
    FanOut.objects.bulk_create(rows, ignore_conflicts=True)
    noted = FanOut.objects.unfinished().filter(key__in=[row.key for row in rows]).order_by("pk")
    if fan_out_ids := list(noted.values_list("pk", flat=True)):
        queue(deliver, fan_out_ids)


def expect_audience(code: str) -> None:
    if code not in AUDIENCES:
        raise LookupError(f"No room declares the audience of {code}: see apps/notifications/audiences.py.")


@transaction.atomic
def take_up_fan_outs() -> None:
    """Queue what was postponed until now, and what a crash left half told; two runs of one job do no harm."""
    now = timezone.now()
    fan_out_ids = list(FanOut.objects.to_take_up(now).about(AUDIENCES).values_list("pk", flat=True))
    FanOut.objects.filter(pk__in=fan_out_ids).update(taken_up_at=now)
    for fan_out_id in fan_out_ids:
        queue(deliver, [fan_out_id])


def compose(code: str, redirect: Redirect, words: dict[str, str]) -> dict[str, Any] | None:
    """What a notification of this type says now; None if the type is switched off."""
    kind = kind_of(code)
    return content_of(kind, redirect, words) if kind.is_active else None


def wanted_kind(receiver: "User", code: str) -> NotificationType | None:
    """None if the type is switched off, or `receiver` has disabled it."""
    kind = wanted_type(receiver.pk, code).first()
    if kind is None:
        kind_of(code)  # raises if it was never seeded
    return kind


def kind_of(code: str) -> NotificationType:
    kind = notification_type(code).first()
    if kind is None:
        raise NotificationType.DoesNotExist(f"There is no notification type {code}: run `manage.py seed`.")
    return kind


def content_of(kind: NotificationType, redirect: Redirect, words: dict[str, str]) -> dict[str, Any]:
    if missing := words_of(kind.code) - words.keys():
        raise LookupError(f"{kind.code} is told without {sorted(missing)}: see apps/notifications/catalogue.py.")
    return {
        "kind_id": kind.pk,
        "title": fill_in(kind.title, words)[:200],
        "message": fill_in(kind.message, words),
        "priority": kind.priority,
        "redirect_kind": redirect.kind,
        "redirect_id": redirect.id,
        "redirect_url": redirect.url,
    }


class Text(NamedTuple):
    title: str
    message: str


def text_of(code: str, words: dict[str, str]) -> Text:
    """What a notification of this type says, whether or not it is switched on."""
    kind = kind_of(code)
    return Text(fill_in(kind.title, words), fill_in(kind.message, words))


def fill_in(text: str, words: dict[str, str]) -> str:
    """Plain names only: staff write the text, and str.format would let it reach into the words' attributes."""
    return NAME_IN_BRACES.sub(lambda name: words.get(name[1], name[0]), text)


def preferences_of(user: "User") -> Preferences:
    """Their preferences, with a row for each type there is by now: what is missing is made, with the defaults."""
    preferences, _ = Preferences.objects.get_or_create(user=user)
    new = NotificationType.objects.filter(is_active=True).exclude(preferences__preferences=user.pk)
    rows = [TypePreference(preferences=preferences, kind=kind, frequency=kind.default_frequency) for kind in new]
    TypePreference.objects.bulk_create(rows, ignore_conflicts=True)
    return preferences


def choose_channels(*, user: "User", enabled: dict[str, bool]) -> Preferences:
    """Switch the channels that `enabled` names on or off."""
    preferences = preferences_of(user)
    if enabled:
        Preferences.objects.filter(pk=user.pk).update(**enabled, updated_at=timezone.now())
        preferences.refresh_from_db()
    return preferences


def choose_frequency(*, user: "User", kind_id: int, frequency: Frequency) -> TypePreference:
    preferences_of(user)
    own = TypePreference.objects.of(user.pk).filter(kind=kind_id)
    if not own.update(frequency=frequency, updated_at=timezone.now()):
        raise PreferenceNotFound
    return own.select_related("kind").get()


@transaction.atomic
def choose_mails(*, user: "User", enabled: dict[int, bool]) -> Preferences:
    """Switch mails on or off for these types, by their ids: all of them, or none if one is unknown."""
    preferences = preferences_of(user)
    now = timezone.now()
    # First of all: of two at once, the second waits here.
    Preferences.objects.filter(pk=user.pk).update(updated_at=now)
    own = TypePreference.objects.of(user.pk).filter(kind__in=enabled)
    refuse_unknown(list(enabled), set(own.values_list("kind", flat=True)))
    for value in (True, False):
        chosen = [kind_id for kind_id, is_enabled in enabled.items() if is_enabled == value]
        own.filter(kind__in=chosen).exclude(email_enabled=value).update(email_enabled=value, updated_at=now)
    preferences.refresh_from_db()
    return preferences


@transaction.atomic
def no_more_mails(*, user: "User", what: int | str) -> None:
    """Of a type, by its id, or of all types that they hear of this often."""
    preferences_of(user)
    own = TypePreference.objects.filter(preferences=user.pk)
    chosen = own.filter(frequency=what) if isinstance(what, str) else own.filter(kind=what)
    chosen.update(email_enabled=False, updated_at=timezone.now())


def refuse_unknown(kind_ids: list[int], known: set[int]) -> None:
    """Under the place in the list where each was named."""
    unknown = {
        f"types_enabled.{place}.notification_type_id": [f'"{kind_id}" is not a valid choice.']
        for place, kind_id in enumerate(kind_ids)
        if kind_id not in known
    }
    if unknown:
        raise Invalid(unknown)


def retract(*, receiver: int, code: str, redirect_id: int) -> None:
    """What was told is no longer so: take it back, unless it was read."""
    delete_all(notifications=Notification.objects.about(receiver, code, redirect_id).unread())


def retract_from_all(*, code: str, redirect_id: int) -> None:
    """The same for everybody who was told of this object."""
    delete_all(notifications=Notification.objects.filter(kind__code=code, redirect_id=redirect_id).unread())


def move(*, to: Redirect) -> None:
    """The object that `to` names has another address now: what people were told of it leads there."""
    moved = Notification.objects.filter(redirect_kind=to.kind, redirect_id=to.id)
    moved.exclude(redirect_url=to.url).update(redirect_url=to.url)


def mark_read(*, receiver: int, code: str, redirect_id: int) -> None:
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
