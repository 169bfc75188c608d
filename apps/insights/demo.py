"""The figures of the demo network's last three months."""

from typing import TYPE_CHECKING

from apps.core.declarations import Scene
from apps.insights import services

if TYPE_CHECKING:
    from apps.demo.world import World


def write_figures(world: "World") -> None:
    services.write_days()
    services.write_weeks()


SCENES = [Scene(write_figures, order=900)]
