"""Who meets an event, what they do there, and what they hear of it."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User, UserType
from apps.events.models import Event
from apps.notifications.models import FanOut, Notification
from apps.notifications.tasks import take_up_fan_outs
from tests.client import ApiClient
from tests.factories import AttendanceFactory, BlockFactory, ConnectionFactory, StaffFactory, UserFactory

ITEM_KEYS = {
    *("id", "title", "description", "date", "end_date", "location", "capacity", "visibility", "cover", "host"),
    *("attendees_count", "my_status", "created_at"),
}
DENIED = "You do not have permission to perform this action."


def stands_to(event: Event, relation: str) -> User | None:
    """Somebody new who stands to the event, or to its host, as the words say."""
    host = event.host
    people = {
        "nobody": lambda: None,
        "stranger": UserFactory,
        "host": lambda: host,
        "moderator": StaffFactory,
        "asked for a connection": lambda: ConnectionFactory(receiver=host).sender,
        "connection": lambda: ConnectionFactory(receiver=host, accepted=True).sender,
        "connection the host asked": lambda: ConnectionFactory(sender=host, accepted=True).receiver,
        "invited": lambda: AttendanceFactory(event=event, status="invited").user,
        "going": lambda: AttendanceFactory(event=event).user,
        "waitlisted": lambda: AttendanceFactory(event=event, status="waitlisted").user,
        "blocked by the host": lambda: BlockFactory(blocker=host).blocked,
        "blocked the host": lambda: BlockFactory(blocked=host).blocker,
        "going, blocked by the host": lambda: (
            BlockFactory(blocker=host, blocked=AttendanceFactory(event=event).user).blocked
        ),
    }
    return people[relation]()


def befriend(person: User, count: int = 1) -> list[User]:
    """New connections of this person, asked by either side in turn."""
    pairs = [
        ConnectionFactory(sender=person, accepted=True).receiver
        if number % 2
        else ConnectionFactory(receiver=person, accepted=True).sender
        for number in range(count)
    ]
    return sorted(pairs, key=lambda friend: friend.pk)


def let(role: str, permission: str, *, may: bool) -> None:
    """Edit the user type as staff would."""
    permissions = UserType.objects.get(slug=role).permissions
    row = Permission.objects.get(content_type__app_label="events", codename=permission)
    (permissions.add if may else permissions.remove)(row)


def join(client: ApiClient, event: Event, status: str = "going"):
    return client.post(f"/events/{event.pk}/join", {"status": status})


def leave(client: ApiClient, event: Event):
    return client.delete(f"/events/{event.pk}/join")


def statuses(event: Event) -> list[str]:
    """In the order in which people first answered."""
    return list(event.attendances.order_by("pk").values_list("status", flat=True))


def heard(code: str) -> list[tuple[str, str]]:
    """Who was told under this code, and in what words; in the order of the people."""
    rows = Notification.objects.filter(kind__code=code).order_by("receiver", "pk")
    return [(row.receiver.username, row.message) for row in rows.select_related("receiver")]


def an_hour_later() -> None:
    """Whatever was told lies an hour back, and the schedule comes by."""
    FanOut.objects.update(**{name: F(name) - timedelta(hours=1) for name in ("created_at", "postponed_until")})
    take_up_fan_outs()


def in_days(days: float) -> datetime:
    return timezone.now() + timedelta(days=days)


def spelt(moment: datetime) -> str:
    """As the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")
