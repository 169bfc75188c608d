"""One network for every benchmark, of any size; the same rows for the same size, seed and moment.

Rows are written while they are made (COPY on PostgreSQL, executemany on SQLite), so memory hardly grows with them.
How much there is of everything stands at the function that makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import Block, Profile, ProfileCategory, ProfilePlatform, User, UserType
from apps.events.models import Attendance, Event
from apps.live.models import Entry, Head, Payload
from apps.messaging.models import Attachment, Conversation, Message
from apps.notifications.models import Notification, NotificationType
from apps.social.models import Connection, Story, StoryView
from apps.social.services.stories import LIFETIME
from benchmarks.copying import Rows, load, settle, stamp
from benchmarks.size import (
    BUSY,
    CITIES,
    COUNTRIES,
    FRIEND,
    LONG_CHAT,
    PASSWORD,
    POPULAR_EVENT,
    POPULAR_STORY,
    ROOM,
    WORDS,
    Size,
    everybody,
    sentence,
)

PLATFORMS = ["instagram", "tiktok", "youtube", "twitch", "linkedin"]
ROLES = ["influencer", "entrepreneur", "brand", "influencer", "influencer", "investor", "brand", "influencer"]
HOSTING = [1, 2, 6]
"""Positions in ROLES of those who may host events."""
TOLD = [
    *(("event_hosted", "event"), ("event_joined", "event"), ("event_joined", "event"), ("event_reminder", "event")),
    *(("follow_request", "connection"), ("follow_accepted", "profile")),
]
"""What people are told, as often as it stands here: the notification's code, and what it leads to."""


@dataclass(frozen=True)
class World:
    users: int
    hosts: dict[int, int]
    """By number of connections; the ids of people are 1 to `users`, those of the hosts come after."""

    @property
    def ordinary(self) -> int:
        """Somebody with tens of connections."""
        return self.users // 100 * 50


def fill(*, users: int, hosts: Sequence[int] = (), seed: int = 1, now: datetime | None = None) -> World:
    """Fill an empty, seeded database with `users` people and a host for each number of connections in `hosts`."""
    if User.objects.exists() or users < 1000 or max(hosts, default=0) > users:
        raise SystemExit("The data set needs an empty database, 1,000 people, and as many as a host knows.")
    size = Size(users, hosts, seed, now or timezone.now())
    apart, pairs = blocked_pairs(size), chatting_pairs(size)
    # Read before: while rows are copied, nothing else passes through the connection.
    types = {kind.slug: kind.pk for kind in UserType.objects.all()}
    kinds = {kind.code: kind for kind in NotificationType.objects.all()}
    load(User, people(size, types))
    load(Profile, profiles(size))
    load(ProfilePlatform, platforms(size))
    load(ProfileCategory, categories(size))
    load(Block, blocks(size, apart))
    load(Connection, connections(size, apart))
    load(Event, events(size))
    load(Attendance, attendances(size))
    load(Story, stories(size))
    load(StoryView, story_views(size))
    load(Notification, notifications(size, kinds))
    load(Conversation, conversations(size, pairs))
    load(Message, messages(size, pairs))
    load(Attachment, attachments(size, pairs))
    load(Head, heads(size))
    load(Payload, payloads(size))
    load(Entry, entries(size))
    date_conversations()
    settle([User, Profile, Event, Story, Conversation, Message, Payload])
    return World(users, {connections: users + place for place, connections in enumerate(hosts, start=1)})


def people(size: Size, types: dict[str, int]) -> Rows:
    """1 in 10 has the blue tick, 1 in 50 is switched off. Hosts are brands."""
    password = make_password(PASSWORD, salt="the same for everybody")
    joined = size.moments(-730, -1)
    for number, who in everybody(size):
        yield {
            **who._asdict(),
            "id": number,
            "password": password,
            "email": f"{who.username}@example.com",
            "user_type_id": types["brand" if number > size.users else ROLES[number % len(ROLES)]],
            "is_verified": number % 10 == 0,
            "is_active": number % 50 != 49 or number > size.users,
            "date_joined": joined[number * (len(joined) - 1) // (size.users + len(size.hosts))],
        }


def profiles(size: Size) -> Rows:
    dice = size.dice("profiles")
    for number, who in everybody(size):
        bio, place = sentence(dice), dice.randrange(len(CITIES))
        yield {
            "id": number,
            "user_id": number,
            "bio": bio,
            "country": COUNTRIES[place],
            "city": CITIES[place],
            "karma_score": dice.randrange(500),
            "search_text": Profile.searchable(who, bio),  # type: ignore[arg-type]  # it only reads names
        }


def platforms(size: Size) -> Rows:
    """None to three each; few have many followers."""
    dice = size.dice("platforms")
    for number, who in everybody(size):
        for platform in dice.sample(PLATFORMS, dice.randrange(4)):
            followers = int(dice.lognormvariate(7.5, 1.6))
            yield {"profile_id": number, "platform": platform, "handle": who.username, "followers": followers}


def categories(size: Size) -> Rows:
    """None to three each."""
    dice = size.dice("categories")
    for number, _ in everybody(size):
        for slug in dice.sample(WORDS, dice.randrange(4)):
            yield {"profile_id": number, "slug": slug}


def blocked_pairs(size: Size) -> set[tuple[int, int]]:
    """1 for 50 people, and 40 of the busy person's; the lower id comes first."""
    dice = size.dice("blocks")
    people = range(FRIEND + 1, size.users + 1)
    pairs = {tuple(sorted(dice.sample(people, 2))) for _ in range(size.users // 50)}
    return pairs | {(BUSY, size.users - place) for place in range(40)}  # type: ignore[return-value]  # they are pairs


def blocks(size: Size, apart: set[tuple[int, int]]) -> Rows:
    created = stamp(size.now - timedelta(days=30))
    for place, (one, other) in enumerate(sorted(apart)):
        blocker, blocked = (one, other) if place % 2 else (other, one)
        yield {"blocker_id": blocker, "blocked_id": blocked, "created_at": created}


def connections(size: Size, apart: set[tuple[int, int]]) -> Rows:
    """Whoever comes asks about 11 of those who are there, sooner those who know many.

    Most people end up with tens, few with thousands. 90 of 100 were accepted, 6 wait. No pair occurs twice: only the
    one who came later asks.
    """
    dice = size.dice("connections")
    created = size.moments(-730, 0)
    for one in range(2, size.users + 1):
        asked = {1 + int((one - 1) * dice.random() ** 2) for _ in range(int(dice.lognormvariate(2.1, 0.8)))}
        then = created[one * (len(created) - 1) // size.users]
        for other in sorted(asked - {BUSY} if one == FRIEND else asked):
            status = dice.choices(("accepted", "pending", "rejected"), (90, 6, 4))[0]
            if (other, one) not in apart:
                yield connection_row(one, other, status, then, turned=dice.random() < 0.4)
    yield connection_row(FRIEND, BUSY, "accepted", created[-1])
    for place, count in enumerate(size.hosts, start=1):
        for other in range(1, count + 1):
            yield connection_row(size.users + place, other, "accepted", created[-1], turned=other % 2 == 0)


def connection_row(one: int, other: int, status: str, then: Any, turned: bool = False) -> dict[str, Any]:
    sender, receiver = (other, one) if turned else (one, other)
    answered = None if status == "pending" else then
    row = {"sender_id": sender, "receiver_id": receiver, "status": status}
    return row | {"created_at": then, "updated_at": then, "answered_at": answered}


def events(size: Size) -> Rows:
    """1 for 5 people: 68 of 100 past, 2 going on, the rest to come; 1 in 5 is for connections, 1 in 100 cancelled.

    The busy person hosts the first fifty; the most popular one is public and to come.
    """
    dice = size.dice("events")
    for number in range(1, size.users // 5 + 1):
        ranges = [(-365, -2), (-0.8, 0), (0.1, 120)]
        date = size.now + timedelta(days=dice.uniform(*dice.choices(ranges, (68, 2, 30))[0]))
        host = len(ROLES) * dice.randrange(size.users // len(ROLES)) + dice.choice(HOSTING)
        created = stamp(min(date, size.now) - timedelta(days=dice.uniform(3, 60)))
        title = f"{dice.choice(CITIES)} {dice.choice(WORDS)} {dice.choice(('night', 'gala', 'talk'))} {number}"
        event = Event(title=title, description=sentence(dice), location=dice.choice(CITIES), date=date)
        event.visibility = "connections" if dice.random() < 0.2 else "public"
        event.capacity = 500 if dice.random() < 0.3 else None
        is_cancelled = dice.random() < 0.01
        if number == POPULAR_EVENT:
            event.date, event.visibility, event.capacity = size.now + timedelta(days=30), "public", None
            is_cancelled = False
        event.set_derived_fields()
        plain = ("title", "description", "location", "visibility", "capacity", "search_text")
        yield {
            **{name: getattr(event, name) for name in plain},
            "id": number,
            "host_id": BUSY if number <= 50 else host,
            "date": stamp(event.date),
            "ends_at": stamp(event.ends_at),
            "uid": f"{dice.getrandbits(128):032x}",
            "created_at": created,
            "updated_at": created,
            "cancelled_at": stamp(size.now) if is_cancelled else None,
        }


def crowd(size: Size, dice: Random, usual: float, *, is_popular: bool) -> set[int]:
    """About `usual` people (e to the power of it is the median), without the busy one."""
    count = min(5000, size.users // 2) if is_popular else min(int(dice.lognormvariate(usual, 0.9)), 400)
    return {size.somebody(dice) for _ in range(count)} - {BUSY}


def attendances(size: Size) -> Rows:
    """About 10 each; 6 of 10 are going. The busy person takes part in 1 of 100."""
    dice = size.dice("attendances")
    moments = size.moments(-30, 0)
    for event in range(1, size.users // 5 + 1):
        for user in crowd(size, dice, 2, is_popular=event == POPULAR_EVENT) | ({BUSY} if event % 100 == 99 else set()):
            then = dice.choice(moments)
            status = dice.choices(("going", "interested", "invited"), (6, 2, 2))[0]
            yield {"event_id": event, "user_id": user, "status": status, "queued_at": then, "created_at": then}


def stories(size: Size) -> Rows:
    """1 for 4 people, 10 of the busy person's; 2 of 100 have just expired. Their files are not there."""
    dice = size.dice("stories")
    total, day = size.users // 4, LIFETIME / timedelta(days=1)
    created, expires = size.moments(-1.02 * day, -0.02 * day), size.moments(-0.02 * day, 0.98 * day)
    for number in range(1, total + 1):
        step = len(created) // 2 if number == POPULAR_STORY else (len(created) - 1) * number // total
        yield {
            "id": number,
            "user_id": BUSY if number == POPULAR_STORY or number > total - 10 else size.somebody(dice),
            "media": f"stories/{number:032x}.jpg",
            "media_type": "image",
            "content_type": "image/jpeg",
            "caption": dice.choice(WORDS),
            "created_at": created[step],
            "expires_at": expires[step],
        }


def story_views(size: Size) -> Rows:
    """About 7 each."""
    dice = size.dice("views")
    moments = size.moments(-0.1, 0)
    for story in range(1, size.users // 4 + 1):
        for viewer in crowd(size, dice, 1.6, is_popular=story == POPULAR_STORY):
            yield {"story_id": story, "viewer_id": viewer, "created_at": dice.choice(moments)}


def notifications(size: Size, kinds: dict[str, NotificationType]) -> Rows:
    """10 each and 20,000 of the busy person's (or as many as there are people); 1 in 4 is unread."""
    dice = size.dice("notifications")
    of_busy = min(20_000, size.users)
    total = size.users * 10 + of_busy
    created = size.moments(-90, 0)
    for number in range(total):
        then = created[number * (len(created) - 1) // total]
        code, leads_to = dice.choice(TOLD)
        target, is_read = dice.randint(1, size.users // 5), dice.random() < 0.75
        yield {
            "receiver_id": BUSY if dice.random() * total < of_busy else dice.randint(FRIEND, size.users),
            "actor_id": size.somebody(dice),
            "kind_id": kinds[code].pk,
            "title": kinds[code].title,
            "message": f"{kinds[code].name}: there is something about number {target} that you may want to know.",
            "priority": kinds[code].priority,
            "redirect_kind": leads_to,
            "redirect_id": target,
            "redirect_url": f"/api/v1/{leads_to}s/{target}",
            "is_read": is_read,
            "read_at": then if is_read else None,
            "created_at": then,
            "updated_at": then,
        }


def chatting_pairs(size: Size) -> list[tuple[int, int]]:
    """By the number of the conversation less one: the two special ones, then one that every second person began."""
    dice = size.dice("conversations")
    began = range(4, size.users + 1, 2)
    return [(BUSY, FRIEND)] * 2 + [(1 + int((one - 1) * dice.random() ** 2), one) for one in began]


def conversations(size: Size, pairs: list[tuple[int, int]]) -> Rows:
    """1 for 2 people; 1 of 50 is a room. The busy person has about 300 (of 100,000 people)."""
    created = stamp(size.now - timedelta(days=365))
    for number, (first, second) in enumerate(pairs, start=1):
        yield {
            "id": number,
            "name": f"room{number}" if number % 50 == ROOM else None,
            "first_id": first,
            "second_id": second,
            "created_at": created,
            "updated_at": created,
        }


def message_count(size: Size, pairs: list[tuple[int, int]]) -> int:
    return len(pairs) * 10 + min(100_000, size.users)


def messages(size: Size, pairs: list[tuple[int, int]]) -> Rows:
    """10 in each conversation, 100,000 in the long one (or as many as there are people); of the last ones some wait."""
    dice = size.dice("messages")
    total = message_count(size, pairs)
    sent = size.moments(-365, 0)
    for number in range(1, total + 1):
        is_long = dice.random() * total < total - len(pairs) * 10
        conversation = LONG_CHAT if is_long else dice.randint(ROOM, len(pairs))
        sender, receiver = dice.sample(pairs[conversation - 1], 2)
        then = sent[number * (len(sent) - 1) // total]
        yield {
            "id": number,
            "conversation_id": conversation,
            "sender_id": sender,
            "receiver_id": receiver,
            "content": sentence(dice),
            "timestamp": then,
            "read_at": None if number > total * 0.98 and dice.random() < 0.5 else then,
        }


def attachments(size: Size, pairs: list[tuple[int, int]]) -> Rows:
    """A link with 1 of 50 messages."""
    for message in range(50, message_count(size, pairs) + 1, 50):
        yield {"message_id": message, "link": f"https://example.com/{message}.pdf"}


def length_of_log(size: Size, number: int) -> int:
    """2 entries each, 1,000 of the busy person's."""
    return min(1000, size.users) if number == BUSY else 2


def heads(size: Size) -> Rows:
    for number, _ in everybody(size):
        yield {"user_id": number, "last_seq": length_of_log(size, number)}


def payloads(size: Size) -> Rows:
    """1 for 100 people."""
    dice = size.dice("payloads")
    for number in range(1, size.users // 100 + 1):
        data = f'{{"id": {number}, "title": "{sentence(dice)}"}}'
        row = {"id": number, "event": "notification", "data": data, "actor_id": size.somebody(dice)}
        yield row | {"created_at": stamp(size.now - timedelta(days=6))}


def entries(size: Size) -> Rows:
    dice = size.dice("entries")
    moments = size.moments(-6, 0)
    for number, _ in everybody(size):
        for seq in range(1, length_of_log(size, number) + 1):
            payload = dice.randint(1, size.users // 100)
            yield {"head_id": number, "seq": seq, "payload_id": payload, "created_at": dice.choice(moments)}


def date_conversations() -> None:
    newest = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk").values("timestamp")[:1]
    Conversation.objects.update(updated_at=Coalesce(Subquery(newest), F("created_at")))
