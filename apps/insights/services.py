"""What a person's things and the whole network come to, day by day."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from itertools import groupby
from time import monotonic
from typing import Any, NamedTuple

from django.db.models import Count, DateField, Min, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from apps.accounts.models import ActiveDay, User
from apps.core.declarations import DailyCount, Measure, declared
from apps.core.reading.days import DAY, each_day, start_of, today
from apps.insights.models import CohortWeek, DailyFigure

SETTLED = timedelta(minutes=10)
"""So long after midnight a day is over: what processes had collected is written by then."""
CAUGHT_UP = 90
"""Days back that are written down late, if the schedule missed them."""
RUN_SECONDS = 200
"""A run of the schedule begins with no day after this."""
WEEK = 7 * DAY
COHORTS = 52
"""Weeks for which those who joined in one are watched."""

Figures = dict[str, Any]


# A person's own


class Line:
    """A measure's numbers for one person, day by day; of several rooms they are added up."""

    def __init__(self) -> None:
        self.counts: Counter[date] = Counter()
        self.out_of: Counter[date] | None = None

    def add(self, measure: Measure, person_id: int, first: date, last: date) -> None:
        self.counts.update(measure.count(person_id, first, last))
        if measure.out_of:
            self.out_of = (self.out_of or Counter()) + Counter(measure.out_of(person_id, first, last))

    def of(self, days: Iterable[date]) -> float:
        """Their number together, or their share: whoever did it could have done it."""
        days = list(days)
        count = sum(self.counts[day] for day in days)
        if self.out_of is None:
            return count
        whole = sum(max(self.out_of[day], self.counts[day]) for day in days)
        return round(count / whole, 4) if whole else 0.0


def analytics_of(*, person: User, days: int) -> Figures:
    """As `AnalyticsOut` shows them: the last so many days, of which today is one."""
    last = today()
    first = last - (days - 1) * DAY
    lines: dict[str, Line] = {}
    for measure in declared("analytics", "MEASURES"):
        if not measure.permissions or any(map(person.has_perm, measure.permissions)):
            lines.setdefault(measure.name, Line()).add(measure, person.pk, first, last)
    every = list(each_day(first, last))
    totals = {name: line.of(every) for name, line in lines.items()}
    series = [{"date": day, **{name: line.of([day]) for name, line in lines.items()}} for day in every]
    return {"from": first, "to": last, "totals": totals, "series": series}


# The whole network


class Point(NamedTuple):
    day: date
    value: float | None


class Cohort(NamedTuple):
    joined: date
    """The Monday of the week in which its people joined."""
    people: int
    active: list[float | None]
    """The share of them, 0 to 1, that came in each week from that one on; None where it was not written down."""


def active_people(days: int) -> int:
    """Who came on at least one of the last 1, 7 or 30 days that are written down."""
    newest = DailyFigure.objects.sums(f"active_people_{days}").last()
    return int(newest[1]) if newest else 0


def curve(name: str, days: int) -> list[Point]:
    """A daily figure's last so many days, of all user types together; None where there is none."""
    last = newest_full_day()
    first = last - (days - 1) * DAY
    values = dict(DailyFigure.objects.between(first, last).sums(name))
    return [Point(day, values.get(day)) for day in each_day(first, last)]


def cohorts(weeks: int) -> list[Cohort]:
    """Those who joined in each of the last so many weeks that are over, and how many of them come; the oldest first."""
    since = monday(newest_full_day() + DAY) - weeks * WEEK
    rows = CohortWeek.objects.joined_since(since)
    return [cohort_of(joined, list(found)) for joined, found in groupby(rows, lambda row: row.joined)]


def cohort_of(joined: date, rows: list[CohortWeek]) -> Cohort:
    active = {row.week: row.active / row.people for row in rows}
    count = (rows[-1].week - joined) // WEEK + 1
    return Cohort(joined, rows[-1].people, [active.get(joined + number * WEEK) for number in range(count)])


def newest_full_day() -> date:
    return (timezone.now() - SETTLED).date() - DAY


def monday(day: date) -> date:
    return day - day.weekday() * DAY


# What the schedule writes down


def write_days() -> None:
    """Each of the last 90 days that is over and not written down yet, since somebody is there, one by one.

    What there is no time for is left to the next run.
    """
    until = monotonic() + RUN_SECONDS
    last = newest_full_day()
    first = last - (CAUGHT_UP - 1) * DAY
    missing = set(each_day(first, last)) - DailyFigure.objects.between(first, last).days()
    if missing and (beginning := User.objects.aggregate(first=Min("date_joined"))["first"]):
        for day in sorted(day for day in missing if day >= beginning.date()):
            if monotonic() < until:
                write_day(day)


def write_day(day: date) -> None:
    """All of it at once, and never again: what was counted then may be gone by now."""
    counts: list[DailyCount] = declared("analytics", "DAILY_COUNTS")
    figures = [
        DailyFigure(day=day, name=one.name, user_type_id=type_id, value=value)
        for one in counts
        for type_id, value in one.count(day).items()
    ]
    DailyFigure.objects.bulk_create(figures, ignore_conflicts=True)


def write_weeks() -> None:
    """As `write_days`, for the cohorts in each week that is over."""
    coming = monday(newest_full_day() + DAY)
    weeks = {coming - number * WEEK for number in range(1, CAUGHT_UP // 7 + 1)}
    for week in sorted(weeks - CohortWeek.objects.weeks_among(weeks)):
        write_week(week)


def write_week(week: date) -> None:
    """Two statements, whose cost is that of reading the people of a year and the days on which they came once."""
    since, until = start_of(week - (COHORTS - 1) * WEEK), start_of(week + WEEK)
    joined = User.objects.filter(date_joined__gte=since, date_joined__lt=until)
    came = ActiveDay.objects.between(week, week + WEEK - DAY)
    came = came.filter(user__date_joined__gte=since, user__date_joined__lt=until)
    people = by_week(joined, "date_joined", Count("*"))
    active = by_week(came, "user__date_joined", Count("user", distinct=True))
    rows = [
        CohortWeek(joined=joined, week=week, people=size, active=active.get(joined, 0))
        for joined, size in people.items()
    ]
    CohortWeek.objects.bulk_create(rows, ignore_conflicts=True)


def by_week(rows: QuerySet[Any], moment: str, number: Count) -> dict[date, int]:
    """By the Monday of the week in which their time `moment` is."""
    week = TruncWeek(moment, output_field=DateField(), tzinfo=UTC)
    return dict(rows.order_by().annotate(its_week=week).values_list("its_week").annotate(number=number))
