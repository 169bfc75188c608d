"""What people were told lately, in the words of the product's notification types."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.accounts.models import Document, User
from apps.core.http.links import API
from apps.demo.cast import Person
from apps.demo.chat import Talk
from apps.demo.events import Gathering
from apps.demo.network import Network
from apps.demo.world import BATCH, World
from apps.events.jobs import leads_to
from apps.events.models import Attendance, Event
from apps.events.services import REMINDERS
from apps.messaging.services import TOLD
from apps.notifications.models import FanOut, Notification, NotificationType
from apps.notifications.schemas import Redirect
from apps.notifications.services import content_of
from apps.social.models import Connection

LATELY = timedelta(days=14)
FRESH = timedelta(days=4)
"""What is older, most have read."""
JOINED_LATELY = timedelta(days=2)
"""Who is going where is told to many; older ones would drown the rest."""
REMINDED_LATELY = timedelta(days=11)
STANDING = {Attendance.Status.GOING: "is going to", Attendance.Status.INTERESTED: "is interested in"}


@dataclass(eq=False)
class News:
    """What one or many people were told; with a `key` it was told to an audience, as a fan-out."""

    at: datetime
    code: str
    redirect: Redirect
    receivers: list[int]
    words: dict[str, str]
    actor: User | None = None
    key: str = ""
    is_read: bool | None = None


def tell(
    world: World, network: Network, documents: list[Document], gatherings: list[Gathering], talks: list[Talk]
) -> None:
    news = [*welcomes(world.people), *of_connections(network.connections), *of_documents(documents)]
    news += [*of_events(world, gatherings, network), *of_messages(talks)]
    lately = [item for item in news if world.now - LATELY < item.at <= world.now]
    kinds = {kind.code: kind for kind in NotificationType.objects.all()}
    rows: list[Notification] = []
    fan_outs: list[FanOut] = []
    for item in world.progress.of("news", lately):
        kind = kinds[item.code]
        content = content_of(kind, item.redirect, item.words) | {"actor": item.actor}
        if kind.is_active:
            rows += [notification(world, pk, item, content) for pk in item.receivers]
            fan_outs += [fan_out(item, content)] if item.key and item.receivers else []
    rows.sort(key=lambda row: row.created_at)
    Notification.objects.bulk_create(rows, batch_size=BATCH)
    FanOut.objects.bulk_create(sorted(fan_outs, key=lambda row: row.created_at), batch_size=BATCH)


def notification(world: World, receiver: int, item: News, content: dict[str, Any]) -> Notification:
    is_old = world.now - item.at > FRESH
    by_chance = world.rng.random() < (0.9 if is_old else 0.4)
    is_read = by_chance if item.is_read is None else item.is_read
    seen_at = world.between(item.at, world.now)
    read_at = seen_at if is_read else None
    state = {"is_read": is_read, "read_at": read_at, "created_at": item.at, "updated_at": read_at or item.at}
    return Notification(receiver_id=receiver, **state, **content)


def fan_out(item: News, content: dict[str, Any]) -> FanOut:
    times = {"created_at": item.at, "finished_at": item.at + timedelta(seconds=1)}
    return FanOut(key=item.key, told_up_to=max(item.receivers), **times, **content)


def profile(user: User) -> Redirect:
    return Redirect(kind="profile", id=user.pk, url=f"{API}/users/profile/{user.username}")


def welcomes(people: list[Person]) -> Iterator[News]:
    for person in people:
        yield News(person.joined, "welcome", profile(person.user), [person.pk], {})


def of_connections(connections: list[Connection]) -> Iterator[News]:
    for row in connections:
        sender, receiver = row.sender, row.receiver
        leads = Redirect(kind="connection", id=row.pk, url=f"{API}/connections/{row.pk}")
        words = {"sender": sender.username}
        yield News(row.created_at, "follow_request", leads, [receiver.pk], words, actor=sender)
        if row.status == Connection.Status.ACCEPTED and row.answered_at:
            words = {"user": receiver.username}
            yield News(row.answered_at, "follow_accepted", profile(receiver), [sender.pk], words, actor=receiver)


def of_documents(documents: list[Document]) -> Iterator[News]:
    for row in documents:
        if row.reviewed_at:
            leads = Redirect(kind="verification", id=row.pk, url=f"{API}/users/verify")
            words = {"type": row.get_type_display().lower(), "reason": row.reason.rstrip(".")}
            yield News(row.reviewed_at, f"document_{row.status}", leads, [row.user_id], words)


def of_events(world: World, gatherings: list[Gathering], network: Network) -> Iterator[News]:
    for gathering in gatherings:
        event, host = gathering.event, gathering.host
        friends = active(network.friends[host])
        leads, words = leads_to(event), {"host": host.username, "title": event.title}
        hosted = f"event_hosted:{event.pk}"
        yield News(event.created_at, "event_hosted", leads, friends, words, actor=host.user, key=hosted)
        yield from of_guests(world, gathering, network)
        yield from reminders(world, gathering)
        if event.cancelled_at:
            guests = active(list(gathering.attendances))
            key = f"event_cancelled:{event.pk}"
            yield News(event.cancelled_at, "event_cancelled", leads, guests, words, actor=host.user, key=key)


def of_guests(world: World, gathering: Gathering, network: Network) -> Iterator[News]:
    event, host = gathering.event, gathering.host
    leads = leads_to(event)
    for guest, row in gathering.attendances.items():
        if row.status == Attendance.Status.INVITED:
            words = {"host": host.username, "title": event.title}
            yield News(row.created_at, "event_invited", leads, [guest.pk], words, actor=host.user)
        does = STANDING.get(Attendance.Status(row.status))
        if does and world.now - row.created_at < JOINED_LATELY:
            words = {"user": guest.username, "title": event.title, "does": does}
            key = f"event_joined:{event.pk}:{guest.pk}"
            friends = active(audience(guest, gathering, network))
            yield News(row.created_at, "event_joined", leads, friends, words, actor=guest.user, key=key)


def audience(guest: Person, gathering: Gathering, network: Network) -> list[Person]:
    """The guest's connections who may see the event."""
    friends = network.friends[guest]
    if gathering.event.visibility == Event.Visibility.PUBLIC:
        return friends
    host, guests = gathering.host, gathering.attendances
    return [friend for friend in friends if friend is host or friend in guests or network.knows(friend, host)]


def reminders(world: World, gathering: Gathering) -> Iterator[News]:
    """Of what took place lately; of what is to come, the product itself reminds."""
    event, going = gathering.event, active(gathering.going)
    if gathering.when == "coming" or event.cancelled_at or world.now - gathering.day > REMINDED_LATELY:
        return
    for label, ahead in REMINDERS.items():
        key = f"event_reminder:{event.pk}:{event.date.timestamp():.0f}:{label}"
        words, leads = {"title": event.title, "time": label}, leads_to(event)
        yield News(event.date - ahead, "event_reminder", leads, going, words, key=key, is_read=True)


def of_messages(talks: list[Talk]) -> Iterator[News]:
    """One for each side that was written to: read, unless something waits."""
    for talk in talks:
        for reader in (person.user for person in talk.pair):
            received = [message for message in talk.messages if message.receiver == reader]
            if received:
                waiting = [message for message in received if not message.read_at]
                told = (waiting or received)[0]
                leads = Redirect(kind="message", id=talk.conversation.pk, url=talk.conversation.path_for(reader))
                words = {"role": told.sender.user_type.name, "sender": told.sender.display_name}
                read = not waiting
                yield News(told.timestamp, TOLD, leads, [reader.pk], words, actor=told.sender, is_read=read)


def active(people: list[Person]) -> list[int]:
    return [person.pk for person in people if person.user.is_active]
