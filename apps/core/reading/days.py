"""Days, by UTC, and how many rows there are for each of them."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

DAY = timedelta(days=1)
KEPT = timedelta(days=400)
"""So long what is counted for each person and day stays: a year can be looked at, and a month more."""


def today() -> date:
    return timezone.now().date()


def each_day(first: date, last: date) -> Iterator[date]:
    """Each of them, the oldest first."""
    return (first + number * DAY for number in range((last - first).days + 1))


def start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def within(rows: QuerySet[Any], moment: str, first: date, last: date) -> QuerySet[Any]:
    """Those whose time `moment` is on one of these days."""
    return rows.filter(**{f"{moment}__gte": start_of(first), f"{moment}__lt": start_of(last + DAY)})


def count_by(rows: QuerySet[Any], moment: str, first: date, last: date) -> QuerySet[Any, Any]:
    """For `by_day`: how many of them have their time `moment` on each of these days."""
    found = within(rows, moment, first, last).order_by().annotate(on=TruncDate(moment, tzinfo=UTC))
    numbers: QuerySet[Any, Any] = found.values_list("on").annotate(number=Count("*"))
    return numbers


def of_days(rows: QuerySet[Any], first: date, last: date, column: str = "") -> QuerySet[Any, Any]:
    """For `by_day`: how many of the rows, which have a `day`, or what their `column` adds up to."""
    found = rows.filter(day__range=(first, last)).order_by().values_list("day")
    numbers: QuerySet[Any, Any] = found.annotate(number=Sum(column) if column else Count("*"))
    return numbers


def by_day(*parts: QuerySet[Any, Any]) -> dict[date, int]:
    """All of them added up, read in one statement: what moves from one to another meanwhile counts once."""
    numbers: Counter[date] = Counter()
    first, *others = parts
    for day, number in first.union(*others, all=True) if others else first:
        numbers[day] += number
    return numbers
