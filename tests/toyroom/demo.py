from itertools import pairwise
from typing import TYPE_CHECKING

from apps.core.declarations import Complaints, Scene, Sighting

if TYPE_CHECKING:
    from apps.demo.world import World

BUILT: list[int] = []


def build(world: "World") -> None:
    BUILT.append(len(world.people))


def hosts_met(world: "World"):
    for by, host in pairwise(world.sample(world.members)):
        yield Sighting(by.user, host.pk, by.joined)


SCENES = [Scene(build, order=1000)]
COMPLAINTS = [Complaints("offer", [("other", "This toy is broken.")], hosts_met, order=1000)]
