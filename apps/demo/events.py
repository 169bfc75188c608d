"""What takes place: before, now and after."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.demo.cast import Person
from apps.demo.gallery import Gallery, keep
from apps.demo.network import Network
from apps.demo.scenes import SCENES, banner
from apps.demo.texts import texts
from apps.demo.world import BATCH, World
from apps.events.models import Attendance, Event

Status = Attendance.Status

HOSTS = ("brand", "entrepreneur")
JOINERS = ("influencer", "entrepreneur", "investor")
SHARE = 0.12
"""Events for each person."""
MOST = 700
FLAGSHIP_PLACES = 12
COVERS = 6
"""Different covers of each kind."""
PLACES = [None, None, 10, 12, 16, 20, 24, 30, 40, 60]


@dataclass(eq=False)
class Gathering:
    """An event with its people, in the order in which they came.

    Whatever is decided by time is decided by `day`, which keeps its distance from now: the event itself begins at a
    sensible hour of its place, so its distance depends on the hour at which the network is built.
    """

    host: Person
    event: Event
    day: datetime
    when: str
    is_flagship: bool = False
    attendances: dict[Person, Attendance] = field(default_factory=dict)

    def add(self, person: Person, status: Status, at: datetime) -> None:
        times = {"queued_at": at, "created_at": at}
        self.attendances[person] = Attendance(event=self.event, user=person.user, status=status, **times)

    @property
    def going(self) -> list[Person]:
        return [person for person, row in self.attendances.items() if row.status == Status.GOING]


def hold(world: World, network: Network) -> list[Gathering]:
    gatherings = plan(world)
    neighbours: dict[str, list[Person]] = defaultdict(list)
    for person in world.people:
        if may_join(person):
            neighbours[person.country["code"]].append(person)
    gallery = Gallery(world.rng, COVERS)
    for gathering in world.progress.of("events", gatherings):
        cover(world, gathering.event, gallery)
        host = gathering.host
        friends = [person for person in network.friends[host] if may_join(person)]
        near = [person for person in neighbours[host.country["code"]] if person is not host]
        blocked = {person for person in near if frozenset((person.pk, host.pk)) in network.blocked}
        invite(world, gathering, friends, [person for person in near if person not in blocked])
    gatherings.sort(key=lambda gathering: gathering.event.created_at)
    Event.objects.bulk_create([gathering.event for gathering in gatherings], batch_size=BATCH)
    rows = [row for gathering in gatherings for row in gathering.attendances.values()]
    rows.sort(key=lambda row: row.created_at)
    Attendance.objects.bulk_create(rows, batch_size=BATCH)
    return gatherings


def cover(world: World, event: Event, gallery: Gallery) -> None:
    if world.rng.random() < 0.85:
        kind = world.rng.choice(list(SCENES))
        event.cover_type = "image/jpeg"
        keep(event.cover, "cover", gallery.take(kind, partial(banner, world.rng, kind)))


def may_join(person: Person) -> bool:
    return person.role in JOINERS and person.user.is_active


def plan(world: World) -> list[Gathering]:
    """What the logins host first: a full event with a waiting list among it, and one that goes on just now."""
    rng = world.rng
    hosts = [person for person in world.people if person.role in HOSTS and person.user.is_active]
    brand, founder = (next(person for person in hosts if person.role == role) for role in HOSTS)
    gatherings = [gathering(world, brand, days) for days in (9, 23, -6, -47)]
    gatherings[0].is_flagship = True
    gatherings += [gathering(world, founder, days) for days in (4, -9)]
    gatherings.append(gathering(world, rng.choice(hosts[: len(hosts) // 2 + 1]), 0))
    others = []
    for number in range(min(int(len(world.people) * SHARE), MOST)):
        host, days = rng.choice(hosts), rng.uniform(2, 45) if number % 5 < 3 else -rng.uniform(2, 90)
        if host.joined < world.now + timedelta(min(days, 0) - 4):
            others.append(gathering(world, host, days))
    for cancelled in world.some(others, len(others) // 15):
        event = cancelled.event
        event.cancelled_at = event.updated_at = world.between(event.created_at, before(world, cancelled))
        event.sequence = 1
    return gatherings + others


def gathering(world: World, host: Person, days: float) -> Gathering:
    rng, now = world.rng, world.now
    day, when = now + timedelta(days), "coming" if days > 0 else "past" if days < 0 else "now"
    told = rng.choice(texts("events")["brands" if host.role == "brand" else "entrepreneurs"])
    clock = time(int(told["hour"]), int(told["hour"] % 1 * 60), tzinfo=ZoneInfo(host.country["cities"][host.city]))
    date = datetime.combine(day, clock) if days else now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    created_at = max(min(day, now) - timedelta(rng.uniform(5, 25)), host.joined)
    event = Event(
        host=host.user,
        title=told["title"].format(**host.words),
        description=told["description"].format(**host.words),
        date=date,
        end_date=date + timedelta(hours=told["hours"] if days else 5),
        location=f"{rng.choice(texts('events')['venues'])}, {host.city}",
        capacity=rng.choice(PLACES),
        visibility=Event.Visibility.PUBLIC if rng.random() < 0.8 else Event.Visibility.CONNECTIONS,
        uid=UUID(int=rng.getrandbits(128), version=4),
        created_at=created_at,
        updated_at=created_at,
    )
    event.set_derived_fields()
    return Gathering(host, event, day, when)


def before(world: World, gathering: Gathering) -> datetime:
    """Surely before the event begins, and not in the future."""
    return min(gathering.day - timedelta(days=2), world.now)


def invite(world: World, gathering: Gathering, friends: list[Person], near: list[Person]) -> None:
    """Who is going, who waits, who might come; places are given in the order of their coming."""
    event = gathering.event
    wanted = 4 + int(world.rng.expovariate(1 / 12))
    guests = world.some(friends, wanted)
    if event.visibility == Event.Visibility.PUBLIC:
        guests += world.some(near, wanted // 2)
    if gathering.is_flagship:
        guests = flagship_guests(friends, near)
    guests = [guest for guest in dict.fromkeys(guests) if guest.joined < event.created_at]
    if gathering.is_flagship:
        event.visibility = Event.Visibility.PUBLIC
        event.capacity = max(min(FLAGSHIP_PLACES, len(guests) - 2), 1)
    last = min(before(world, gathering), event.cancelled_at or world.now)
    moments = sorted(world.between(event.created_at, last) for _ in guests)
    for guest, moment in zip(guests, moments, strict=True):
        gathering.add(guest, answer(world, gathering, is_friend=guest in friends), moment)


def flagship_guests(friends: list[Person], near: list[Person]) -> list[Person]:
    """The influencer one can sign in as comes early enough for a place, the other logins do not."""
    logins = [person for person in friends if person.login]
    others = [person for person in dict.fromkeys([*friends, *near]) if person not in logins]
    return [*logins[:1], *others[: FLAGSHIP_PLACES + 1], *logins[1:]]


def answer(world: World, gathering: Gathering, *, is_friend: bool) -> Status:
    if not gathering.is_flagship:
        kind = world.rng.random()
        if kind < 0.22:
            return Status.INTERESTED
        if kind < 0.32 and is_friend and gathering.when == "coming":
            return Status.INVITED
    places = gathering.event.capacity
    return Status.GOING if places is None or len(gathering.going) < places else Status.WAITLISTED
