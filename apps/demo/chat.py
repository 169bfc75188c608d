"""Who writes to whom, and what."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from apps.demo.cast import Person
from apps.demo.events import Gathering
from apps.demo.gallery import Gallery, keep
from apps.demo.network import Network, Pair
from apps.demo.papers import pdf
from apps.demo.scenes import scene
from apps.demo.texts import capital, texts
from apps.demo.world import BATCH, World
from apps.events.models import Attendance
from apps.messaging.models import EDITABLE, Attachment, Conversation, Message

SHARE = 0.8
"""Conversations for each person."""
FOR_EACH_LOGIN = 7
MOODBOARDS = 30
ROOMS = ["campaign", "launch", "lookbook", "pilot", "press", "roadmap"]
DAYS = [number for number in range(4, 29) if number not in (21, 22, 23)]
"""Those that end in `th`."""
FEES = ["600 euros", "900 euros", "1,200 euros", "1,800 euros", "2,400 euros"]


@dataclass(eq=False)
class Line:
    sender: Person
    receiver: Person
    text: str
    attached: str


@dataclass(eq=False)
class Talk:
    """Two people, and what they say, in this order; `since` says how far back it may reach."""

    pair: Pair
    since: datetime
    lines: list[Line] = field(default_factory=list)
    conversation: Conversation = field(init=False)
    messages: list[Message] = field(default_factory=list)


def converse(world: World, network: Network, gatherings: list[Gathering]) -> list[Talk]:
    talks = {frozenset(talk.pair): talk for talk in about_events(world, network, gatherings)}
    for pair in pairs(world, network):
        if lines := about_work(world, *pair):
            talk = talks.setdefault(frozenset(pair), Talk(pair, network.since_when(*pair)))
            talk.lines = [*lines, *talk.lines]
    found = list(talks.values())
    for number, talk in enumerate(world.progress.of("conversations", found)):
        write(world, talk)
        if world.rng.random() < 0.04:
            talk.conversation.name = f"{world.rng.choice(ROOMS)}-{number}"
    save(world, found)
    return found


def about_events(world: World, network: Network, gatherings: list[Gathering]) -> list[Talk]:
    """A guest and the host, before or after."""
    found = []
    for gathering in gatherings:
        host, title = gathering.host, gathering.event.title
        for guest in world.some([guest for guest in gathering.attendances if network.knows(guest, host)], 2):
            row = gathering.attendances[guest]
            waits = gathering.when == "coming" and row.status == Attendance.Status.WAITLISTED
            fitting = dialogues("about", "waiting" if waits else gathering.when)
            if fitting and row.status != Attendance.Status.INVITED:
                lines = spoken(world, world.rng.choice(fitting), (guest, host), event=title)
                found.append(Talk((guest, host), row.created_at, lines))
    return found


def pairs(world: World, network: Network) -> list[Pair]:
    """Connected people: of those one can sign in as each other and several more, else whoever it happens to be."""
    chosen: dict[frozenset[Person], Pair] = {}
    for person in world.members:
        count = FOR_EACH_LOGIN if person.login else int(SHARE + world.rng.random())
        friends = [friend for friend in network.friends[person] if friend.user.is_active]
        near = [friend for friend in friends if friend.login and person.login]
        for friend in [*near, *world.some(friends, count)]:
            if person.user.is_active:
                chosen.setdefault(frozenset((person, friend)), (person, friend))
    return list(chosen.values())


def about_work(world: World, one: Person, other: Person) -> list[Line]:
    """One or two of the dialogues that people of their roles have, in the order of the file."""
    orders = [(one, other), (other, one)] if one.role != other.role else [(one, other)]
    fitting = [
        (dialogue, pair) for pair in orders for dialogue in dialogues("between", [person.role for person in pair])
    ]
    fitting.sort(key=lambda choice: texts("dialogues").index(choice[0]))
    numbers = sorted(world.some(list(range(len(fitting))), world.rng.choice([1, 1, 2])))
    return [line for number in numbers for line in spoken(world, *fitting[number])]


def dialogues(name: str, value: Any) -> list[Any]:
    return [dialogue for dialogue in texts("dialogues") if dialogue.get(name) == value]


def spoken(world: World, dialogue: Any, pair: Pair, event: str = "") -> list[Line]:
    """A line may have versions, parted by a bar; the same version of each line answers the one before."""
    first, second = pair
    words = {f"{name}_a": word for name, word in first.words.items()}
    words |= {f"{name}_b": word for name, word in second.words.items()}
    words |= {"a": first.first, "b": second.first, "event": event, "fee": world.rng.choice(FEES)}
    words |= {"product": first.words.get("product") or second.words.get("product", "")}
    words |= {"day": str(world.rng.choice(DAYS))}
    version = world.rng.randrange(6)
    lines = []
    for who, text, *attached in dialogue["lines"]:
        versions = text.split("|")
        said = capital(versions[version % len(versions)].format(**words))
        people = (first, second) if who == "a" else (second, first)
        lines.append(Line(*people, said, "".join(attached).format(**words)))
    return lines


def write(world: World, talk: Talk) -> None:
    """Give the lines their times, ending at a moment before now; what is not finished yet breaks off somewhere."""
    rng = world.rng
    is_fresh = rng.random() < 0.4 or any(person.login for person in talk.pair)
    if is_fresh and rng.random() < 0.5:
        talk.lines = talk.lines[: rng.randint(2, len(talk.lines))]
    ended = max(world.ago(0.01, 3 if is_fresh else 60), world.between(talk.since, world.now))
    gaps = [timedelta(minutes=1 + rng.expovariate(1 / rng.choice([6, 25, 240]))) for _ in talk.lines]
    length = sum(gaps, timedelta())
    squeeze = min((ended - talk.since) / length, 1.0)
    moment = ended - length * squeeze
    first, second = sorted([person.user for person in talk.pair], key=lambda user: user.pk)
    talk.conversation = Conversation(first=first, second=second)
    for line, gap in zip(talk.lines, gaps, strict=True):
        moment += gap * squeeze
        people = {"sender": line.sender.user, "receiver": line.receiver.user}
        talk.messages.append(Message(conversation=talk.conversation, content=line.text, timestamp=moment, **people))
    talk.conversation.created_at = talk.messages[0].timestamp
    talk.conversation.updated_at = talk.messages[-1].timestamp
    read(world, talk)


def read(world: World, talk: Talk) -> None:
    """Whoever answers has read all before; of the last words, some wait, those of long ago less often."""
    last = talk.messages[-1]
    waiting = list(takewhile(lambda message: message.sender_id == last.sender_id, reversed(talk.messages)))
    age = world.now - last.timestamp
    is_unread = world.rng.random() < (0.6 if age < timedelta(days=3) else 0.08)
    for message, following in zip(talk.messages, [*talk.messages[1:], None], strict=True):
        until = following.timestamp if following else min(message.timestamp + timedelta(hours=5), world.now)
        read_at = world.between(message.timestamp, until)
        message.read_at = None if is_unread and message in waiting else read_at
        edited_at = world.between(message.timestamp, min(message.timestamp + EDITABLE, until))
        message.edited_at = edited_at if world.rng.random() < 0.04 else None


def save(world: World, talks: list[Talk]) -> None:
    talks.sort(key=lambda talk: talk.conversation.created_at)
    Conversation.objects.bulk_create([talk.conversation for talk in talks], batch_size=BATCH)
    said = [pair for talk in talks for pair in zip(talk.messages, talk.lines, strict=True)]
    said.sort(key=lambda pair: pair[0].timestamp)
    for message, _ in said:
        message.conversation_id = message.conversation.pk
    Message.objects.bulk_create([message for message, _ in said], batch_size=BATCH)
    gallery = Gallery(world.rng, MOODBOARDS)
    files = [attachment(world, message, line, gallery) for message, line in said if line.attached]
    Attachment.objects.bulk_create(files, batch_size=BATCH)


def attachment(world: World, message: Message, line: Line, gallery: Gallery) -> Attachment:
    if line.attached.startswith("https://"):
        return Attachment(message=message, link=line.attached)
    if line.attached.endswith(".jpg"):
        kind, content = "image/jpeg", gallery.take("moodboard", lambda: scene(world.rng, "shapes"))
    else:
        kind, content = "application/pdf", paper(line)
    row = Attachment(message=message, name=line.attached, content_type=kind, size=len(content))
    keep(row.file, "attachment", content)
    return row


def paper(line: Line) -> bytes:
    title = capital(line.attached.removesuffix(".pdf").replace("-", " "))
    people = [("From", line.sender.company or line.sender.first), ("To", line.receiver.company or line.receiver.first)]
    return pdf(title, [*people, ("Place", line.sender.city)], "Specimen, made by Infloo's demo.")
