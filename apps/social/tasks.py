"""What the schedule starts."""

from apps.social.services import stories, visits


def expire_stories() -> None:
    stories.expire_stories()


def prune_days() -> None:
    visits.prune_days()
