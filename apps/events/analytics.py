"""How many people somebody's events reach."""

from datetime import date

from apps.core.declarations import CAMPAIGNS, Measure
from apps.core.reading.days import by_day, count_by
from apps.events.models import Attendance


def attendees(person_id: int, first: date, last: date) -> dict[date, int]:
    """Who is going to what they host, on the day on which that was said."""
    going = Attendance.objects.going().filter(event__host=person_id)
    return by_day(count_by(going, "queued_at", first, last))


MEASURES = [Measure("campaign_reach", attendees, permissions=CAMPAIGNS)]
