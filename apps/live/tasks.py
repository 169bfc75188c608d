"""What the schedule starts."""

from apps.live import services


def prune() -> None:
    services.prune()
