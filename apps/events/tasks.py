"""What the schedule starts."""

from django.utils import timezone

from apps.events import services


def remind() -> None:
    services.remind(now=timezone.now())


def take_up_promotions() -> None:
    services.take_up_promotions()
