from datetime import timedelta

import pytest
from django.utils import timezone

from apps.events import services, tasks
from apps.notifications.models import FanOut
from tests.client import ApiClient
from tests.events.people import heard, in_days, join, leave, spelt
from tests.factories import AttendanceFactory, EventFactory, UserFactory

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = 24 * HOUR


@pytest.fixture
def event(host):
    """Begins in a week."""
    return EventFactory(host=host, created_at=in_days(-30))


@pytest.fixture
def remind(run_jobs):
    def at(moment):
        services.remind(now=moment)
        run_jobs()

    return at


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (DAY + MINUTE, None),
        (DAY, "24 hours"),
        (DAY - MINUTE, "24 hours"),
        (DAY - 29 * MINUTE, "24 hours"),
        (DAY - 30 * MINUTE, None),
        (HOUR + MINUTE, None),
        (HOUR, "1 hour"),
        (HOUR - 5 * MINUTE, "1 hour"),
        (HOUR - 30 * MINUTE, None),
        (-MINUTE, None),
    ],
)
def test_it_tells_who_is_going_a_day_and_an_hour_before(event, remind, before, told):
    person = AttendanceFactory(event=event).user

    remind(event.date - before)

    assert heard("event_reminder") == ([(person.username, f"Summer Gala starts in {told}")] if told else [])


def test_each_reminder_comes_once_however_often_it_runs(event, remind):
    AttendanceFactory(event=event)

    for before in (DAY, DAY - 5 * MINUTE, DAY - 10 * MINUTE, HOUR, HOUR - 5 * MINUTE):
        remind(event.date - before)
        remind(event.date - before)

    assert [words for _, words in heard("event_reminder")] == [
        "Summer Gala starts in 24 hours",
        "Summer Gala starts in 1 hour",
    ]


@pytest.mark.parametrize("status", ["interested", "waitlisted", "invited"])
def test_only_those_who_are_going_are_reminded(event, remind, status):
    AttendanceFactory(event=event, status=status)

    remind(event.date - DAY)

    assert heard("event_reminder") == []


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (DAY + MINUTE, ["24 hours", "1 hour"]),
        (DAY - MINUTE, ["1 hour"]),
        (HOUR + MINUTE, ["1 hour"]),
        (HOUR - MINUTE, []),
    ],
)
def test_an_event_made_later_than_that_moment_is_not_reminded_of(host, remind, made, told):
    date = in_days(3)
    event = EventFactory(host=host, date=date, created_at=date - made)
    AttendanceFactory(event=event)

    for before in (DAY - 5 * MINUTE, HOUR - 5 * MINUTE):
        remind(date - before)

    assert [words for _, words in heard("event_reminder")] == [f"Summer Gala starts in {time}" for time in told]


@pytest.mark.parametrize("gone", ["cancelled", "host inactive", "left", "account closed"])
def test_what_is_gone_reminds_nobody(host, event, remind, gone):
    attendance = AttendanceFactory(event=event)
    if gone == "cancelled":
        services.cancel_event(event=event, by=host)
    elif gone == "left":
        leave(ApiClient(attendance.user), event)
    else:
        person = host if gone == "host inactive" else attendance.user
        person.is_active = False
        person.save()

    remind(event.date - DAY)

    assert heard("event_reminder") == []


def test_who_joins_between_the_two_hears_the_second(event, remind):
    person = UserFactory()
    remind(event.date - DAY)
    join(ApiClient(person), event)

    remind(event.date - HOUR)

    assert heard("event_reminder") == [(person.username, "Summer Gala starts in 1 hour")]


def test_a_new_date_is_reminded_of_again(event, host_client, remind):
    AttendanceFactory(event=event)
    remind(event.date - DAY)
    later = event.date + 2 * DAY
    host_client.patch(f"/events/{event.pk}", {"date": spelt(later)})

    remind(event.date - HOUR)
    remind(later - DAY)

    assert [words for _, words in heard("event_reminder")] == ["Summer Gala starts in 24 hours"] * 2


def test_it_leads_to_the_event(event, remind):
    person = AttendanceFactory(event=event).user
    remind(event.date - DAY)

    (told,) = ApiClient(person).get("/notifications").json()["data"]

    assert (told["title"], told["priority"], told["actor"]) == ("Event soon", "medium", None)
    assert told["redirect"]["id"] == event.pk


def test_the_schedule_starts_it(host, run_jobs):
    event = EventFactory(host=host, date=timezone.now() + HOUR - MINUTE, created_at=in_days(-1))
    AttendanceFactory(event=event)

    tasks.remind()
    run_jobs()

    assert len(heard("event_reminder")) == FanOut.objects.count() == 1
