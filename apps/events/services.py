"""Hosting and joining events."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.documents import refuse_unverified
from apps.core import audit
from apps.core.audit import Look
from apps.core.http.errors import Invalid, NotFound, PermissionDenied
from apps.core.http.idempotency import change_answers
from apps.core.media.storing import discarded_on_failure
from apps.core.media.uploads import Upload, accept
from apps.core.queue import STALLED_AFTER, queue
from apps.events.errors import CannotJoin, EventEnded, NotConnected, OwnEvent
from apps.events.jobs import announce_people, leads_to, tell_promoted
from apps.events.models import Attendance, CalendarFeed, Event, connections_of
from apps.events.schemas import COVER, EventChanges, EventIn
from apps.notifications.models import was_told
from apps.notifications.services import notify_all, retract_from_all, start_fan_out, start_or_postpone_fan_out

Status = Attendance.Status
REMINDERS = {"24 hours": timedelta(hours=24), "1 hour": timedelta(hours=1)}
REMINDER_GRACE = timedelta(minutes=30)
"""A reminder that is later than this would not say the truth."""
WORDS = {"title", "description", "location"}


def announce(event: Event, *, key: str, code: str, actor: User | None, **words: str) -> None:
    """Have the audience of `code` told of this event, once for each `key`."""
    start_fan_out(key=key, code=code, actor=actor, redirect=leads_to(event), title=event.title, **words)


def announce_change(event: Event) -> None:
    """Have the attendees told of a new date or place; of several within an hour, twice at most. The event is locked."""
    start_or_postpone_fan_out(
        key=f"event_changed:{event.pk}:{event.sequence}",
        code="event_changed",
        actor=event.host,
        redirect=leads_to(event),
        title=event.title,
    )


def create_event(*, host: User, form: EventIn) -> Event:
    if not host.has_perm("events.add_event"):
        raise PermissionDenied
    refuse_unverified(host)
    event = Event(host=host, **form.model_dump(exclude={"cover"}))
    refuse_wrong_times(event, changed={"date", "end_date"})
    event.set_derived_fields()
    with stored_cover(form.cover, host) as cover, transaction.atomic():
        set_changed(event, cover)
        event.save()
        announce(event, key=f"event_hosted:{event.pk}", code="event_hosted", actor=host, host=host.username)
    return event


@contextmanager
def stored_cover(upload: Upload | None, by: User) -> Iterator[dict[str, str]]:
    """What a row says of the picture that `by` sent; its file goes again if what follows fails."""
    new = Event()
    if upload is None:
        yield {"cover": "", "cover_type": ""}
        return
    new.cover_type = accept(upload, COVER, by=by, field="cover").kind
    new.cover.save("cover", upload, save=False)
    with discarded_on_failure(new.cover):
        yield {"cover": str(new.cover.name), "cover_type": new.cover_type}


def set_changed(event: Event, values: Mapping[str, Any]) -> set[str]:
    """Set these fields. The names of those that were different."""
    changed = {name for name, value in values.items() if getattr(event, name) != value}
    for name in changed:
        setattr(event, name, values[name])
    return changed


def refuse_wrong_times(event: Event, changed: Collection[str]) -> None:
    if "date" in changed and event.date <= timezone.now():
        raise Invalid({"date": ["The date must be in the future."]})
    if event.end_date and event.end_date <= event.date:
        raise Invalid({"end_date": ["An event ends after it begins."]})


def locked(event: Event) -> Event:
    """The event as it is now; whoever else wants a place or changes it waits for this transaction."""
    current = Event.objects.select_for_update(no_key=True, of=("self",)).select_related("host").filter(pk=event.pk)
    if (found := current.filter(cancelled_at=None, removed_at=None).first()) is None:
        raise NotFound
    return found


def refuse_others(event: Event, by: User) -> None:
    if event.host_id != by.pk and not by.has_perm("events.moderate_event"):
        raise PermissionDenied


def update_event(*, event: Event, by: User, changes: EventIn | EventChanges) -> None:
    """Merge the fields that were sent (all of them, for a whole event)."""
    refuse_others(event, by)
    sent = changes.model_fields_set if isinstance(changes, EventChanges) else set(type(changes).model_fields)
    values = {name: getattr(changes, name) for name in sent - {"cover"}}
    if "cover" not in sent:
        change_event(event, by, values)
        return
    with stored_cover(changes.cover, by) as cover:  # before the event is locked: a large picture takes its time
        change_event(event, by, values | cover)


@transaction.atomic
def change_event(event: Event, by: User, values: Mapping[str, Any]) -> None:
    """A former cover's file goes after the commit, see django-cleanup."""
    event = locked(event)
    if not (changed := set_changed(event, values)):
        return
    refuse_wrong_times(event, changed)
    event.set_derived_fields()
    bump_sequence(event)
    event.save(update_fields=changed | {"ends_at", "search_text", "sequence", "updated_at"})
    if changed & WORDS:
        change_answers(event, {name: getattr(event, name) for name in WORDS})
    if changed & {"date", "end_date", "location"}:
        announce_change(event)
    if by.pk != event.host_id:
        fields = sorted(name.replace("_", " ") for name in changed - {"cover_type"})
        audit.record(actor=by, action="event.changed", target=event, changes={name: [] for name in fields})
    promote(event)


def bump_sequence(event: Event) -> None:
    event.sequence += 1
    event.updated_at = timezone.now()


def look_at_cover(*, event: Event, by: User | AnonymousUser) -> Look | None:
    """A moderator's; None for those it is shown to. `event` comes from `with_cover(by)`."""
    return Look(by, "event.cover_viewed", event) if isinstance(by, User) and not event.shown else None


@transaction.atomic
def cancel_event(*, event: Event, by: User) -> None:
    """It stays as a cancelled one, for calendars and for whoever has to be told; a moderator takes it down."""
    if event.host_id != by.pk:
        take_down_event(event=event, by=by)
        return
    event = locked(event)
    event.cancelled_at = timezone.now()
    bump_sequence(event)
    event.save(update_fields=["cancelled_at", "sequence", "updated_at"])
    change_answers(event, dict.fromkeys(WORDS, ""))
    announce(event, key=f"event_cancelled:{event.pk}", code="event_cancelled", actor=event.host)


@transaction.atomic
def take_down_event(*, event: Event, by: User) -> None:
    """Hidden from everybody; after a while it is deleted, unless it is restored. Who takes part is told at once."""
    if not by.has_perm("events.moderate_event"):
        raise PermissionDenied
    event = Event.objects.select_for_update(no_key=True, of=("self",)).select_related("host").get(pk=event.pk)
    if event.removed_at:
        raise NotFound
    event.removed_at = timezone.now()
    bump_sequence(event)
    event.save(update_fields=["removed_at", "sequence", "updated_at"])
    change_answers(event, dict.fromkeys(WORDS, ""))
    if not event.cancelled_at:
        announce(event, key=f"event_cancelled:{event.pk}:{event.sequence}", code="event_cancelled", actor=event.host)
    audit.record(actor=by, action="event.taken_down", target=event)


@transaction.atomic
def restore_event(*, event: Event, by: User) -> None:
    """As it was, with those who take part; what they were told and have not read is taken back."""
    if not by.has_perm("events.moderate_event"):
        raise PermissionDenied
    hidden = Event.objects.removed().select_for_update(no_key=True).filter(pk=event.pk).first()
    if hidden is None:
        raise NotFound
    hidden.removed_at = None
    bump_sequence(hidden)
    hidden.save(update_fields=["removed_at", "sequence", "updated_at"])
    change_answers(hidden, {name: getattr(hidden, name) for name in WORDS})
    if not hidden.cancelled_at:
        retract_from_all(code="event_cancelled", redirect_id=hidden.pk)
        promote(hidden)
    audit.record(actor=by, action="event.restored", target=hidden)


def delete_removed(before: datetime, but: Collection[int]) -> None:
    """What was taken down before then and has not come back, with its attendances and its cover."""
    for event_id in list(Event.objects.removed_before(before).exclude(pk__in=but).values_list("pk", flat=True)):
        with transaction.atomic():
            Event.objects.removed_before(before).filter(pk=event_id).delete()


@transaction.atomic
def join_event(*, event: Event, user: User, status: Status) -> Attendance:
    """Going or interested; past the capacity, going means waiting for a place."""
    if not user.has_perm("events.join_event"):
        raise CannotJoin(f"{user.user_type.name}s cannot join events.")
    refuse_unverified(user)
    if event.host_id == user.pk:
        raise OwnEvent
    event = locked(event)
    if event.has_ended:
        raise EventEnded
    attendance = event.attendances.filter(user=user).first() or Attendance(event=event, user=user)
    before, attendance.status = attendance.status, status_for(event, attendance, status)
    if attendance.status == Status.WAITLISTED and before != Status.WAITLISTED:
        attendance.queued_at = timezone.now()
    # Not all of a row that is there: whether they have been told of a place is the worker's.
    attendance.save(update_fields=["status", "queued_at"] if attendance.pk else None)
    if before == Status.GOING or attendance.status == Status.WAITLISTED:
        promote(event)  # also those whose turn it was when they came back
    announce_people(event, [user], Status(attendance.status))
    return attendance


def status_for(event: Event, attendance: Attendance, wanted: Status) -> Status:
    """What `wanted` comes to: those who are going keep their place, others may have to wait."""
    if wanted != Status.GOING or attendance.status == Status.GOING or event.capacity is None:
        return wanted
    is_full = event.attendances.going().count() >= event.capacity
    return Status.WAITLISTED if is_full or event.attendances.waiting().exclude(pk=attendance.pk).exists() else wanted


@transaction.atomic
def leave_event(*, attendance: Attendance, by: User) -> None:
    """By themselves, or removed by a moderator; a place that gets free goes to who waits longest."""
    if by.pk != attendance.user_id and not by.has_perm("events.moderate_event"):
        raise PermissionDenied
    event = Event.objects.select_for_update(no_key=True).get(pk=attendance.event_id)
    current = event.attendances.filter(pk=attendance.pk).first()
    if current is None:
        raise NotFound
    if by.pk != current.user_id:
        audit.record(actor=by, action="event.attendee_removed", target=event, person=current.user)
    current.delete()
    if current.status == Status.GOING and not (event.cancelled_at or event.removed_at):
        promote(event)


def promote(event: Event) -> None:
    """Give free places to those who wait, in their order; the worker tells them. The event is locked."""
    if event.has_ended:
        return
    free = None if event.capacity is None else max(event.capacity - event.attendances.going().count(), 0)
    first = event.attendances.filter(pk__in=event.attendances.waiting()[:free].values("pk"))
    if first.update(status=Status.GOING, untold_since=timezone.now()):
        queue(tell_promoted, event.pk)


@transaction.atomic
def invite(*, event: Event, by: User, user_ids: Collection[int]) -> int:
    """Invite connections of the host; who is invited or takes part already is not asked again. How many were new.

    Who was told of an invitation to this event before, and declined it, is invited without being told again.
    """
    if event.host_id != by.pk:
        raise PermissionDenied
    event = locked(event)
    if event.has_ended:
        raise EventEnded
    wanted = set(user_ids)
    people = connections_of(by).filter(pk__in=wanted)
    if people.count() < len(wanted):
        raise NotConnected
    new = people.exclude(attendances__event=event)
    ids = list(new.values_list("pk", flat=True))
    Attendance.objects.bulk_create(Attendance(event=event, user_id=pk, status=Status.INVITED) for pk in ids)
    receivers = User.objects.filter(pk__in=ids).exclude(was_told("event_invited", event.pk))
    words = {"host": by.username, "title": event.title}
    notify_all(receivers=receivers, code="event_invited", actor=by, redirect=leads_to(event), **words)
    return len(ids)


@transaction.atomic
def renew_calendar(*, user: User) -> CalendarFeed:
    """A new address for the personal feed; the former one is worth nothing from now on."""
    feed, _ = CalendarFeed.objects.select_for_update().get_or_create(user=user)
    feed.generation += 1
    feed.save(update_fields=["generation"])
    return feed


def remind(*, now: datetime) -> None:
    """Tell who is going, 24 hours and 1 hour before; once, however often this runs."""
    for label, ahead in REMINDERS.items():
        for event in Event.objects.starting(now + ahead - REMINDER_GRACE, now + ahead):
            if event.date - ahead >= event.created_at:
                remind_of(event, label)


@transaction.atomic
def remind_of(event: Event, label: str) -> None:
    key = f"event_reminder:{event.pk}:{event.date.timestamp():.0f}:{label}"
    announce(event, key=key, code="event_reminder", actor=None, time=label)


@transaction.atomic
def take_up_promotions() -> None:
    """Queue what a crash left: people who got a place and have not been told; two runs of one job do no harm."""
    stalled = Attendance.objects.untold_before(timezone.now() - STALLED_AFTER)
    for event_id in stalled.values_list("event", flat=True).distinct():
        queue(tell_promoted, event_id)
