"""What it costs to host an event: the answer, and until everybody can read of it."""

import time
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from apps.accounts.models import User, UserType
from apps.events.models import Event
from apps.events.schemas import EventIn
from apps.events.services import create_event
from apps.notifications.models import Notification
from apps.social.models import Connection

SIZES = (10, 10_000, 100_000)


def main() -> None:
    print("\nhosting an event; seconds")
    print(f"{'connections':>12} {'answer':>10} {'told by the worker':>20} {'bare INSERT … SELECT':>22}")
    for size in SIZES:
        host = make_host(size)
        empty()
        answer = timed(lambda host=host: create_event(host=host, form=form()))
        told = timed(run_job)
        if Notification.objects.count() != size:
            raise SystemExit(f"{Notification.objects.count()} of {size} were told")
        empty()
        bare = timed(lambda host=host: insert(host))
        print(f"{size:12,} {answer:10.4f} {told:20.2f} {bare:22.2f}")


def make_host(connections: int) -> User:
    brand = UserType.objects.get(slug="brand")
    host = User.objects.create_user(f"host{connections}", f"host{connections}@example.com", user_type=brand)
    names = [f"guest{connections}-{number}" for number in range(connections)]
    guests = User.objects.bulk_create(
        (User(username=name, email=f"{name}@example.com", user_type=brand) for name in names),
        batch_size=5000,
    )
    accepted = Connection.Status.ACCEPTED
    Connection.objects.bulk_create(
        (Connection(sender=host, receiver=guest, status=accepted) for guest in guests), batch_size=5000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return host


def form() -> EventIn:
    return EventIn(title="Gala", date=timezone.now() + timedelta(days=7), location="Vienna")


def run_job() -> None:
    job = OrmQ.objects.get()
    task = job.task
    job.delete()
    task["func"](*task["args"])


def insert(host: User) -> None:
    """The same rows, by hand, in one statement."""
    event = Event.objects.filter(host=host).latest("pk")
    rows = """
        INSERT INTO notifications_notification (receiver_id, actor_id, kind_id, title, message, priority,
            redirect_kind, redirect_id, redirect_url, is_read, created_at, updated_at)
        SELECT c.receiver_id, c.sender_id, k.id, 'New event', 'host is hosting a new event: Gala', 'medium',
            'event', %s, %s, %s, %s, %s
        FROM social_connection c, notifications_notificationtype k
        WHERE c.sender_id = %s AND k.code = 'event_hosted'
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(rows, [event.pk, event.path, False, now, now, host.pk])


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_notification")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM FULL notifications_notification")


def timed(work) -> float:  # type: ignore[no-untyped-def]  # whatever it answers
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
