"""Who was there on which day: one row for each person and day, and no query where it is known."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from apps.accounts.models import ActiveDay
from apps.accounts.tasks import prune_active_days
from apps.core import buffers
from apps.core.reading.days import today
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.factories import ActiveDayFactory, StaffFactory


def days():
    buffers.flush()
    return list(ActiveDay.objects.order_by("day").values_list("user__username", "day"))


def test_whoever_asks_for_something_was_there(alice_client):
    for path in ("/users/profile", "/notifications", "/users/profile", "/nowhere", "/events"):
        alice_client.get(path)

    assert days() == [("alice", timezone.now().date())]


def test_each_day_is_another(alice_client, monkeypatch):
    now = timezone.now()
    for moment in (now, now + timedelta(days=1)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        alice_client.get("/users/profile")

    assert [day for _, day in days()] == [now.date(), now.date() + timedelta(days=1)]


def test_a_stream_is_somebody_too(alice_client):
    alice_client.get("/stream/poll")

    assert len(days()) == 1


@pytest.mark.parametrize("path", ["/events", "/users/profile"])
def test_nobody_is_not(db, path):
    ApiClient().get(path)

    assert days() == []


def test_nor_is_whose_session_has_ended(alice_client):
    alice_client.post("/users/auth/logout")
    buffers.forget()
    alice_client.get("/users/profile")

    assert days() == []


def test_staff_who_work_in_the_console_are_not(db):
    browser(StaffFactory(is_superuser=True)).get("/admin/")

    assert days() == []


def test_it_costs_no_query(alice_client, django_assert_num_queries):
    with django_assert_num_queries(2):  # who you are, the count
        alice_client.get("/notifications/unread-count")


def test_they_are_kept_for_400_days(db):
    ActiveDayFactory(day=today() - timedelta(days=400))
    ActiveDayFactory(day=today() - timedelta(days=401))

    prune_active_days()

    assert ActiveDay.objects.get().day == today() - timedelta(days=400)
    assert Schedule.objects.get(func="apps.accounts.tasks.prune_active_days").schedule_type == "D"
