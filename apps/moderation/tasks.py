"""What the schedule starts."""

from apps.moderation import services


def delete_removed() -> None:
    services.delete_removed()
