"""What the schedule starts."""

from apps.social.services import stories


def expire_stories() -> None:
    stories.expire_stories()
