"""What the schedule starts."""

from apps.notifications import digests, services


def take_up_fan_outs() -> None:
    services.take_up_fan_outs()


def send_digests() -> None:
    digests.send_digests()


def prune_digests() -> None:
    digests.prune_digests()
