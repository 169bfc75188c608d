"""What the schedule writes down of the whole network, for each day that is over."""

from datetime import date, timedelta
from functools import partial

import pytest
from django_q.models import Schedule

from apps.accounts.models import User, UserType
from apps.insights import services
from apps.insights.models import CohortWeek, DailyFigure
from apps.insights.tasks import write_figures
from apps.social.models import Connection
from tests.factories import (
    ActiveDayFactory,
    ConnectionFactory,
    DocumentFactory,
    MessageFactory,
    ReportFactory,
    StoryDayFactory,
    StoryFactory,
    UserFactory,
)
from tests.insights.conftest import NOON
from tests.races import together

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
MORNING = NOON - timedelta(days=1, hours=3)
pytestmark = pytest.mark.usefixtures("at")


@pytest.fixture
def beginning(db) -> User:
    """The first person there is, who joined the day before yesterday."""
    return UserFactory(date_joined=NOON - timedelta(days=2))


def person(**fields) -> User:
    return UserFactory(**{"date_joined": NOON - timedelta(days=2)} | fields)


def figures(day: date = YESTERDAY) -> dict[str, float]:
    """Of this day, of all user types together; those that are 0 left out."""
    rows = DailyFigure.objects.filter(day=day)
    names = rows.order_by().values_list("name", flat=True).distinct()
    return {name: value for name in names if (value := dict(rows.sums(name))[day])}


def test_people_are_counted_by_type_as_they_were(db):
    person(role="brand", date_joined=MORNING)
    person(role="brand", is_active=False)
    person(role="investor", is_active=False, erased_at=NOON)
    person(role="investor", is_active=False, erased_at=MORNING)
    person(role="investor", date_joined=NOON)

    write_figures()

    rows = DailyFigure.objects.filter(day=YESTERDAY, name__in=["people", "new_people"])
    assert set(rows.values_list("name", "user_type__slug", "value")) == {
        ("people", "brand", 2),
        ("people", "investor", 1),
        ("new_people", "brand", 1),
    }


def test_who_came_is_counted_once_in_each_span(db):
    one, other, third = person(role="brand"), person(role="brand"), person()
    for user, ago in ((one, 0), (one, 1), (one, 2), (other, 3), (other, 7), (third, 8), (third, 30), (person(), 31)):
        ActiveDayFactory(user=user, day=TODAY - timedelta(days=ago))

    write_figures()

    assert [services.active_people(days) for days in (1, 7, 30)] == [1, 2, 3]
    of_brands = DailyFigure.objects.filter(day=YESTERDAY, name="active_people_7", user_type__slug="brand")
    assert of_brands.get().value == 2


def test_what_happened_that_day_is_counted(beginning):
    for moment in (MORNING, NOON):
        pair = {"sender": beginning, "receiver": person()}
        ConnectionFactory(status=Connection.Status.ACCEPTED, answered_at=moment, **pair)
        StoryFactory(user=beginning, created_at=moment)
        MessageFactory(timestamp=moment, sender=beginning, receiver=pair["receiver"])
        reported = ReportFactory(reporter=beginning, case__target_owner=pair["receiver"])
        type(reported).objects.filter(pk=reported.pk).update(created_at=moment)
    StoryDayFactory(user=beginning, day=YESTERDAY, stories=3)

    write_figures()

    expected = {"people": 3, "connections": 1, "stories": 4, "messages": 1, "reports": 1}
    assert figures() == expected


def test_the_median_says_how_long_documents_waited(beginning):
    for minutes in (10, 20, 300):
        document = DocumentFactory(user=person(), approved=True, reviewed_at=MORNING)
        type(document).objects.filter(pk=document.pk).update(created_at=MORNING - timedelta(minutes=minutes))
    DocumentFactory(user=beginning)

    write_figures()

    assert {"verifications": 3, "verification_minutes": 20}.items() <= figures().items()
    assert not DailyFigure.objects.filter(day=YESTERDAY - timedelta(days=1), name="verification_minutes").exists()


def test_twice_changes_nothing_and_later_changes_neither(beginning):
    connection = ConnectionFactory(sender=beginning, receiver=person(), status="accepted", answered_at=MORNING)
    write_figures()
    before = list(DailyFigure.objects.order_by("pk").values())

    connection.delete()
    write_figures()

    assert list(DailyFigure.objects.order_by("pk").values()) == before
    assert figures()["connections"] == 1


@pytest.mark.parametrize("days", [1, 5, 90, 120])
def test_days_that_were_missed_are_written_later(beginning, at, days):
    write_figures()
    at(NOON + timedelta(days=days))

    write_figures()

    written = DailyFigure.objects.days()
    newest = YESTERDAY + timedelta(days=days)
    assert {newest - timedelta(days=ago) for ago in range(min(days, 90))} <= written
    assert len(written) == 2 + min(days, 90)


def test_what_there_is_no_time_for_is_left_to_the_next_run(beginning, monkeypatch):
    with monkeypatch.context() as hurry:
        hurry.setattr(services, "RUN_SECONDS", 0)
        write_figures()
    assert not DailyFigure.objects.exists()

    write_figures()

    assert len(DailyFigure.objects.days()) == 2


def test_it_begins_with_the_first_person(beginning):
    write_figures()

    assert DailyFigure.objects.days() == {YESTERDAY, YESTERDAY - timedelta(days=1)}


def test_nothing_is_written_while_nobody_is_there(db):
    write_figures()

    assert not DailyFigure.objects.exists()


@pytest.mark.parametrize(("minutes", "newest"), [(9, YESTERDAY), (10, TODAY)])
def test_a_day_is_over_ten_minutes_after_midnight(beginning, at, minutes, newest):
    at(NOON.replace(hour=0) + timedelta(days=1, minutes=minutes))

    write_figures()

    assert max(DailyFigure.objects.days()) == newest


def test_it_is_on_the_schedule(db):
    assert Schedule.objects.get(func="apps.insights.tasks.write_figures").schedule_type == "H"


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_each_once():
    person()

    together(write_figures, write_figures)

    rows = list(DailyFigure.objects.values_list("day", "name", "user_type"))
    assert len(rows) == len(set(rows)) > 0


@pytest.mark.parametrize("count", [1, 20])
def test_a_day_costs_as_many_statements_however_many_people(beginning, django_assert_num_queries, count):
    for _ in range(count):
        ActiveDayFactory(user=person(), day=YESTERDAY)

    with django_assert_num_queries(12):
        services.write_day(YESTERDAY)


# What is read of it


def figure(name: str, ago: int, value: float, slug: str = "") -> None:
    user_type = UserType.objects.get(slug=slug) if slug else None
    DailyFigure.objects.create(day=TODAY - timedelta(days=ago), name=name, value=value, user_type=user_type)


def test_a_curve_adds_up_the_types_and_shows_gaps(db):
    figure("people", 3, 10, "brand")
    figure("people", 1, 10, "brand")
    figure("people", 1, 5, "investor")
    figure("stories", 1, 7)

    points = services.curve("people", 3)

    assert [point.value for point in points] == [10, None, 15]
    assert (points[0].day, points[-1].day) == (TODAY - timedelta(days=3), YESTERDAY)


def test_nobody_was_there_before_it_was_counted(db):
    assert services.active_people(7) == 0
    assert services.cohorts(4) == []


# Cohorts: NOON is a Wednesday, so the last week that is over began on Monday the 9th.

LAST_WEEK = date(2026, 3, 9)
WEEK = timedelta(days=7)


def joined(week: date, count: int = 1, **fields) -> list[User]:
    moment = services.start_of(week) + timedelta(days=6, hours=23)
    return [person(date_joined=moment, **fields) for _ in range(count)]


def test_a_cohort_is_who_joined_in_a_week_and_who_of_them_came_back(db):
    first, second = joined(LAST_WEEK - WEEK, 4), joined(LAST_WEEK, 2)
    for user, day in (
        *((user, LAST_WEEK - WEEK + timedelta(days=6)) for user in first),
        (first[0], LAST_WEEK),
        (first[0], LAST_WEEK + timedelta(days=3)),
        (second[0], LAST_WEEK + timedelta(days=6)),
        (second[1], LAST_WEEK + WEEK),  # the week that is not over
    ):
        ActiveDayFactory(user=user, day=day)

    write_figures()

    assert services.cohorts(4) == [(LAST_WEEK - WEEK, 4, [1, 0.25]), (LAST_WEEK, 2, [0.5])]


def test_whoever_is_gone_had_joined_all_the_same(db):
    joined(LAST_WEEK, 3)
    joined(LAST_WEEK, is_active=False, erased_at=NOON)

    write_figures()

    assert [cohort.people for cohort in services.cohorts(4)] == [4]


def test_weeks_are_written_once_and_late(db, at):
    [user] = joined(LAST_WEEK)
    ActiveDayFactory(user=user, day=LAST_WEEK + 2 * WEEK)
    write_figures()
    write_figures()
    assert CohortWeek.objects.count() == 1

    at(NOON + 3 * WEEK)
    write_figures()

    assert services.cohorts(5) == [(LAST_WEEK, 1, [0, 0, 1, 0])]
    assert services.cohorts(3) == []


@pytest.mark.parametrize("count", [1, 10])
def test_a_week_costs_three_statements(db, django_assert_num_queries, count):
    for user in joined(LAST_WEEK, count):
        ActiveDayFactory(user=user, day=LAST_WEEK)

    with django_assert_num_queries(3):
        services.write_week(LAST_WEEK)


def test_reading_costs_one_query(db, django_assert_num_queries):
    joined(LAST_WEEK, 3)
    write_figures()

    for read, span in ((services.active_people, 30), (partial(services.curve, "people"), 90), (services.cohorts, 12)):
        with django_assert_num_queries(1):
            read(span)
