"""What it costs to host an event: the answer, and until everybody can read of it."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.accounts.models import User
from apps.events.models import Event, connections_of
from apps.events.schemas import EventIn
from apps.events.services import create_event
from apps.live.models import Entry, EntryQuerySet, Payload
from apps.notifications.models import Notification, NotificationQuerySet
from benchmarks.data import World
from benchmarks.processes import answer_of


def main(world: World) -> None:
    print("\nhosting an event; seconds, and megabytes by which the worker's process grows meanwhile")
    print(f"{'':55} {'bare INSERT … SELECT of':>29}")
    heads = ("answer", "worker's job", "its memory", "notifications", "and log")
    print(f"{'connections':>12} {'told':>8} {heads[0]:>8} {heads[1]:>13} {heads[2]:>11} {heads[3]:>16} {heads[4]:>12}")
    for size, host_id in sorted(world.hosts.items()):
        host = User.objects.get(pk=host_id)
        answer = timed(lambda host=host: create_event(host=host, form=form()))  # type: ignore[misc]
        event = Event.objects.filter(host=host).latest("pk")
        job = json.loads(answer_of("benchmarks.job"))
        expect_all_told(event)
        forget(event)
        bare = timed(lambda event=event: insert(event))  # type: ignore[misc]
        with_log = bare + timed(lambda event=event: insert_log(event))  # type: ignore[misc]
        count = expect_all_told(event)
        forget(event)
        memory = "not known" if job["megabytes"] is None else f"{job['megabytes']:.1f}"
        times = [f"{seconds:.2f} ({job['seconds'] / seconds:.1f}x)" for seconds in (bare, with_log)]
        print(f"{size:12,} {count:8,} {answer:8.4f} {job['seconds']:13.2f} {memory:>11} {times[0]:>16} {times[1]:>12}")


def expect_all_told(event: Event) -> int:
    """Everybody who is active, once, and each in their log."""
    count, logged = told(event).values("receiver").distinct().count(), entries(event).count()
    if not count == logged == told(event).count() == connections_of(event.host).count():
        raise SystemExit(f"{count} connections were told, which is not right.")
    return count


def form() -> EventIn:
    return EventIn(title="Gala", date=timezone.now() + timedelta(days=7), location="Vienna")


def insert(event: Event) -> None:
    """The same rows, by hand, in one statement."""
    rows = """
        INSERT INTO notifications_notification (receiver_id, actor_id, kind_id, title, message, priority,
            redirect_kind, redirect_id, redirect_url, is_read, created_at, updated_at)
        SELECT person.id, %(host)s, kind.id, 'New event', 'host is hosting a new event: Gala', 'medium',
            'event', %(event)s, %(path)s, %(unread)s, %(now)s, %(now)s
        FROM (
            SELECT receiver_id AS id FROM social_connection WHERE sender_id = %(host)s AND status = 'accepted'
            UNION ALL
            SELECT sender_id FROM social_connection WHERE receiver_id = %(host)s AND status = 'accepted'
        ) AS side
        JOIN accounts_user AS person ON person.id = side.id AND person.is_active
        CROSS JOIN notifications_notificationtype AS kind WHERE kind.code = 'event_hosted'
    """
    values: dict[str, Any] = {
        "host": event.host_id,
        "event": event.pk,
        "path": event.path,
        "unread": False,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(rows, values)


def insert_log(event: Event) -> None:
    """The same for the log: one number further for each, and one entry."""
    payload = Payload.objects.create(event="notification", data="{}", actor=event.host)
    notifications = """
        FROM notifications_notification AS told
        WHERE redirect_kind = 'event' AND redirect_id = %(event)s AND actor_id = %(host)s
    """
    heads = f"""
        INSERT INTO live_head (user_id, last_seq) SELECT receiver_id, 1 {notifications}
        ON CONFLICT (user_id) DO UPDATE SET last_seq = live_head.last_seq + 1
    """
    rows = f"""
        INSERT INTO live_entry (head_id, seq, payload_id, object_id, created_at)
        SELECT receiver_id, (SELECT last_seq FROM live_head WHERE user_id = receiver_id), %(payload)s, id, %(now)s
        {notifications}
    """  # noqa: S608
    values: dict[str, Any] = {"host": event.host_id, "event": event.pk, "payload": payload.pk, "now": timezone.now()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(heads, values)
        cursor.execute(rows, values)


def told(event: Event) -> NotificationQuerySet:
    return Notification.objects.filter(redirect_kind="event", redirect_id=event.pk, kind__code="event_hosted")


def entries(event: Event) -> EntryQuerySet:
    """In the logs, of those that are told."""
    notifications = told(event).filter(receiver=OuterRef("head"), pk=OuterRef("object_id"))
    return Entry.objects.filter(Exists(notifications), created_at__gte=event.created_at)


def forget(event: Event) -> None:
    entries(event)._raw_delete(using="default")
    told(event)._raw_delete(using="default")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE notifications_notification, live_head, live_entry")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
