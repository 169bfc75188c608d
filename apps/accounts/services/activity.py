"""Who was there on which day."""

from apps.accounts.models import ActiveDay
from apps.core.buffers import Buffer
from apps.core.reading.days import today

active_days = Buffer(ActiveDay.objects.note)


def note_active(user_id: int) -> None:
    """They are asking for something; written down a few seconds later, once a day."""
    active_days.add((user_id, today()))


def prune_active_days() -> None:
    ActiveDay.objects.old().delete()
