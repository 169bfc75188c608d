"""What the schedule starts."""

from apps.insights import services


def write_figures() -> None:
    services.write_days()
    services.write_weeks()
