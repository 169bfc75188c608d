"""Who knows whom."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apps.accounts.models import Block
from apps.demo.cast import Person
from apps.demo.world import BATCH, World, times_as_given
from apps.social.models import Connection

Pair = tuple[Person, Person]
Status = Connection.Status

EACH = 6
"""How many people somebody new usually gets to know; as many get to know them later."""
MOST = 40
MORE_FOR_A_LOGIN = 10
REQUESTS_OF_A_LOGIN = 4


@dataclass
class Network:
    friends: dict[Person, list[Person]] = field(default_factory=lambda: defaultdict(list))
    since: dict[Pair, datetime] = field(default_factory=dict)
    near: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    """Everybody of a country, and of a theme."""
    ends: list[Person] = field(default_factory=list)
    """Everybody as often as they have friends: whoever is drawn from it is probably known to many."""
    connections: list[Connection] = field(default_factory=list)
    blocked: set[frozenset[int]] = field(default_factory=set)

    def knows(self, one: Person, other: Person) -> bool:
        return (one, other) in self.since or (other, one) in self.since

    def since_when(self, one: Person, other: Person) -> datetime:
        return self.since.get((one, other)) or self.since[other, one]


def connect(world: World) -> Network:
    """Most know a few, some know very many, and friends know each other.

    In the manner of Holme and Kim (2002): somebody new meets people who are known to many, people of their own country
    or theme, and friends of those.
    """
    network = Network()
    for person in world.members:
        introduce(world, network, person)
    logins = [person for person in world.members if person.login]
    for one in logins:
        for other in [*logins, *world.some(world.members, MORE_FOR_A_LOGIN)]:
            if one is not other and not network.knows(one, other):
                befriend(world, network, one, other)
    rows = [accepted(world, pair, since) for pair, since in network.since.items()]
    rows += [asked(world, *pair) for pair in requests(world, network)]
    rows.sort(key=lambda row: row.created_at)
    with times_as_given(Connection):
        Connection.objects.bulk_create(list(world.progress.of("connections", rows)), batch_size=BATCH)
    network.connections = rows
    network.blocked = block(world, rows)
    return network


def introduce(world: World, network: Network, person: Person) -> None:
    met: Person | None = None
    for _ in range(min(2 + int(world.rng.expovariate(1 / (EACH - 2))), MOST)):
        met = somebody(world, network, person, met)
        if met and met is not person and not network.knows(person, met):
            befriend(world, network, person, met)
    network.near[person.country["code"]].append(person)
    network.near[person.theme].append(person)
    if not network.friends[person]:
        network.ends.append(person)


def somebody(world: World, network: Network, person: Person, met: Person | None) -> Person | None:
    """A friend of whom they met last, somebody near, or somebody known to many."""
    kind = world.rng.random()
    if met and kind < 0.35:
        return world.rng.choice(network.friends[met])
    near = network.near[person.country["code"] if kind < 0.5 else person.theme]
    if near and kind < 0.7:
        return world.rng.choice(near)
    return world.rng.choice(network.ends) if network.ends else None


def befriend(world: World, network: Network, one: Person, other: Person) -> None:
    """Mostly soon after the later of the two joined."""
    both = max(one.joined, other.joined)
    soon = both + timedelta(days=world.rng.expovariate(1 / 30))
    is_late = world.rng.random() < 0.25 or soon > world.now
    network.since[one, other] = world.between(both, world.now) if is_late else soon
    network.friends[one].append(other)
    network.friends[other].append(one)
    network.ends += [one, other]


def accepted(world: World, pair: Pair, since: datetime) -> Connection:
    """`since` is when it was answered; the question came up to three days before, once both had joined."""
    days = min(world.rng.expovariate(1.5), 3)
    asked_at = max(since - timedelta(days), pair[0].joined, pair[1].joined)
    sender, receiver = world.some([person.user for person in pair], 2)
    times = {"created_at": asked_at, "updated_at": since, "answered_at": since}
    return Connection(sender=sender, receiver=receiver, status=Status.ACCEPTED, **times)


def requests(world: World, network: Network) -> list[Pair]:
    """Who asked whom and was not accepted; everybody one can sign in as was asked by some."""
    members = world.members
    receivers = [person for person in members if person.login for _ in range(REQUESTS_OF_A_LOGIN)]
    receivers += [world.rng.choice(network.ends) for _ in range(len(members) // 2)]
    pairs: dict[frozenset[int], Pair] = {}
    for receiver in receivers:
        sender = world.rng.choice(members)
        if sender is not receiver and not sender.login and not network.knows(sender, receiver):
            pairs.setdefault(frozenset((sender.pk, receiver.pk)), (sender, receiver))
    return list(pairs.values())


def asked(world: World, sender: Person, receiver: Person) -> Connection:
    is_rejected = not receiver.login and world.rng.random() < 0.25
    created_at = max(world.ago(0.02, 60 if is_rejected else 9), sender.joined, receiver.joined)
    answered_at = None
    if is_rejected:
        answered_at = world.between(created_at, min(created_at + timedelta(days=4), world.now))
    times = {"created_at": created_at, "updated_at": answered_at or created_at, "answered_at": answered_at}
    status = Status.REJECTED if is_rejected else Status.PENDING
    return Connection(sender=sender.user, receiver=receiver.user, status=status, **times)


def block(world: World, connections: list[Connection]) -> set[frozenset[int]]:
    """A few who do not want to see each other; they have nothing to do with each other besides."""
    strangers = [person for person in world.members if not person.login]
    touching = {frozenset((row.sender_id, row.receiver_id)) for row in connections}
    blocked: dict[frozenset[int], Block] = {}
    for _ in range((len(strangers) + 15) // 25):
        one, other = world.some(strangers, 2)
        pair = frozenset((one.pk, other.pk))
        if pair not in touching:
            at = world.between(max(one.joined, other.joined), world.now)
            blocked[pair] = Block(blocker=one.user, blocked=other.user, created_at=at)
    with times_as_given(Block):
        Block.objects.bulk_create(sorted(blocked.values(), key=lambda row: row.created_at))
    return set(blocked)
