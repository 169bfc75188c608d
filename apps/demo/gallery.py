"""Drawn files on their way into the storages."""

from collections import defaultdict
from collections.abc import Callable
from random import Random

from django.core.files.base import ContentFile
from django.db.models.fields.files import FieldFile

from apps.core.media.storing import discarded_on_failure


class Gallery:
    """Draws so many pictures of each kind; whoever comes later gets one of those."""

    def __init__(self, rng: Random, limit: int) -> None:
        self.rng, self.limit = rng, limit
        self.drawn: dict[str, list[bytes]] = defaultdict(list)

    def take(self, kind: str, draw: Callable[[], bytes]) -> bytes:
        drawn = self.drawn[kind]
        if len(drawn) == self.limit:
            return self.rng.choice(drawn)
        drawn.append(draw())
        return drawn[-1]


def keep(file: FieldFile, name: str, content: bytes) -> None:
    """Store a row's file as an upload would be; it goes again if the whole network is undone."""
    file.save(name, ContentFile(content), save=False)
    with discarded_on_failure(file):
        pass
