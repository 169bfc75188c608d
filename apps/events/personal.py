"""What people host, and where they go."""

from typing import Any

from apps.accounts.models import User
from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import delete_rows, deleted
from apps.events import services
from apps.events.models import Attendance, CalendarFeed, Event


def leave_events(rows: Any, subject: DataSubject) -> None:
    """A place that gets free goes to who waits longest."""
    user = User.objects.get(pk=subject.id)
    for attendance in rows.upcoming().iterator():
        services.leave_event(attendance=attendance, by=user)
    delete_rows(rows)


PERSONAL = [
    Personal(
        Attendance,
        ["user"],
        export=Exported("attendances", ["event", "event__title", "event__date", "status", "created_at"]),
        erase=leave_events,
    ),
    Personal(
        Event,
        ["host"],
        export=Exported(
            "events",
            [
                *["id", "title", "description", "date", "end_date", "location", "capacity", "visibility", "cover"],
                *["created_at", "updated_at", "cancelled_at"],
            ],
            files=["cover"],
            rows=lambda user_id: Event.objects.kept().filter(host=user_id),
        ),
        erase=deleted,
    ),
    Personal(CalendarFeed, ["user"], export="A number in the address of their calendar.", erase=deleted),
]
