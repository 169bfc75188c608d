"""What no room counts yet."""

from datetime import date

from apps.core.declarations import CAMPAIGNS, Measure


def nothing(person_id: int, first: date, last: date) -> dict[date, int]:
    return {}


MEASURES = [Measure("applications", nothing, permissions=CAMPAIGNS)]
