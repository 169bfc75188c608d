"""How many people there are, how many of them come, and how fast documents are decided."""

from datetime import date
from functools import partial
from statistics import median

from django.db.models import Count, F, QuerySet

from apps.accounts.models import ActiveDay, Document, User
from apps.core.declarations import DailyCount
from apps.core.reading.days import DAY, start_of, within

NumbersByType = dict[int | None, float]


def by_type(rows: QuerySet[User]) -> NumbersByType:
    return dict(rows.order_by().values_list("user_type").annotate(number=Count("*")))


def people(day: date) -> NumbersByType:
    """At its end; who was erased by then is none of them."""
    return by_type(User.objects.there_at(start_of(day + DAY)))


def new_people(day: date) -> NumbersByType:
    return by_type(within(User.objects.all(), "date_joined", day, day))


def active_people(days: int, day: date) -> NumbersByType:
    """Who came on at least one of so many days, of which this is the last."""
    active = ActiveDay.objects.between(day - (days - 1) * DAY, day)
    return by_type(User.objects.filter(pk__in=active.values("user")))


def decided(day: date) -> QuerySet[Document]:
    return within(Document.objects.all(), "reviewed_at", day, day)


def verifications(day: date) -> NumbersByType:
    return {None: decided(day).count()}


def verification_minutes(day: date) -> NumbersByType:
    """How long half of them waited at most."""
    waited = decided(day).values_list(F("reviewed_at") - F("created_at"), flat=True)
    minutes = [took.total_seconds() / 60 for took in waited]
    return {None: round(median(minutes), 1)} if minutes else {}


DAILY_COUNTS = [
    DailyCount("people", people),
    DailyCount("new_people", new_people),
    DailyCount("active_people_1", partial(active_people, 1)),
    DailyCount("active_people_7", partial(active_people, 7)),
    DailyCount("active_people_30", partial(active_people, 30)),
    DailyCount("verifications", verifications),
    DailyCount("verification_minutes", verification_minutes),
]
