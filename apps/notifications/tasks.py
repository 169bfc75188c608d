"""What the schedule starts."""

from apps.notifications import services


def take_up_fan_outs() -> None:
    services.take_up_fan_outs()
