from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.reading.shapes import layout_of
from apps.core.reading.viewer import NOBODY
from apps.events.models import Event, Period
from apps.events.schemas import EventOut
from tests.client import ApiClient
from tests.events.people import ITEM_KEYS, in_days
from tests.factories import EventFactory

URL = "/events"
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)


def titles(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200, response.json()
    return [item["title"] for item in response.json()["data"]]


def test_it_lists_the_newest_date_first(host):
    EventFactory(host=host, title="second", date=in_days(2))
    EventFactory(host=host, title="past", past=True)
    EventFactory(host=host, title="third", date=in_days(3))

    body = ApiClient().get(URL).json()

    assert body["message"] == "OK"
    assert [item["title"] for item in body["data"]] == ["third", "second", "past"]
    assert body["meta"] == {"total": 3, "page": 1, "limit": 20, "next": None, "previous": None}
    assert set(body["data"][0]) == ITEM_KEYS


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("all", ["far", "near", "new", "old", "recent", "ancient"]),
        ("ALL", ["far", "near", "new", "old", "recent", "ancient"]),
        ("upcoming", ["near", "far"]),
        ("Upcoming", ["near", "far"]),
        ("ongoing", ["old", "new"]),
        ("past", ["recent", "ancient"]),
    ],
)
def test_each_view_has_its_order(db, when, found):
    dates = {"ancient": -9, "recent": -2, "old": -0.9, "new": -0.1, "near": 1, "far": 9}
    for title, days in dates.items():
        EventFactory(title=title, date=in_days(days))

    assert titles(ApiClient(), f"when={when}") == found


@pytest.mark.parametrize(
    ("begins_in", "lasts", "view"),
    [
        (2 * SECOND, None, "upcoming"),
        (-SECOND, None, "ongoing"),
        (-DAY + 2 * SECOND, None, "ongoing"),
        (-DAY - SECOND, None, "past"),
        (-3 * DAY, 3 * DAY + 2 * SECOND, "ongoing"),
        (-3 * DAY, 3 * DAY - SECOND, "past"),
        (-timedelta(hours=2), timedelta(hours=1), "past"),
    ],
)
def test_an_event_moves_from_view_to_view_to_the_second(db, begins_in, lasts, view):
    date = timezone.now() + begins_in
    EventFactory(title="it", date=date, end_date=lasts and date + lasts)

    for name in ("upcoming", "ongoing", "past"):
        assert titles(ApiClient(), f"when={name}") == (["it"] if name == view else [])


def test_of_the_same_date_the_newer_one_is_first(db):
    date = in_days(1)
    for title in ("first", "second"):
        EventFactory(title=title, date=date)

    assert titles(ApiClient()) == ["second", "first"]
    assert titles(ApiClient(), "when=upcoming") == ["first", "second"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("gala", ["Summer Gala"]),
        ("UMMER", ["Summer Gala"]),
        ("%20gala%20", ["Summer Gala"]),
        ("acrobats", ["Summer Gala"]),
        ("ham", ["Meeting"]),
        ("%25", []),
        ("_", []),
        ("nike", []),
        ("", ["Meeting", "Summer Gala"]),
    ],
)
def test_search_reads_title_description_and_place(host, search, found):
    EventFactory(host=host, title="Summer Gala", description="With Acrobats", date=in_days(1))
    EventFactory(host=host, title="Meeting", location="Hamburg", date=in_days(2))

    assert titles(ApiClient(), f"search={search}") == found


def test_it_shows_the_events_of_one_host(host, event):
    EventFactory(title="another")

    assert titles(ApiClient(), f"host={host.pk}") == [event.title]
    assert titles(ApiClient(), f"host={host.pk}&search=another") == []
    assert titles(ApiClient(), "host=999999") == []


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("when=someday", "when", '"someday" is not a valid choice.'),
        ("host=x", "host", "A valid integer is required."),
        ("host=0", "host", "Ensure this value is greater than or equal to 1."),
        ("page=0", "page", "Ensure this value is greater than or equal to 1."),
        ("limit=101", "limit", "Ensure this value is less than or equal to 100."),
        (f"search={'x' * 101}", "search", "Ensure this field has no more than 100 characters."),
    ],
)
def test_wrong_parameters_are_named(db, query, field, sentence):
    response = ApiClient().get(f"{URL}?{query}")

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


def test_pages_lead_to_each_other(db, settings):
    EventFactory.create_batch(3)

    first, last = (ApiClient().get(f"{URL}?when=upcoming&limit=2&page={page}").json() for page in (1, 2))

    url = f"{settings.PUBLIC_URL}/api/v1/events?when=upcoming&limit=2&page="
    assert [len(page["data"]) for page in (first, last)] == [2, 1]
    assert first["meta"] == {"total": 3, "page": 1, "limit": 2, "next": f"{url}2", "previous": None}
    assert (last["meta"]["next"], last["meta"]["previous"]) == (None, f"{url}1")
    assert ApiClient().get(f"{URL}?page=9").json()["data"] == []


def test_what_goes_on_is_found_without_reading_what_is_past(host):
    days = [*range(-3000, -2), -0.5, *range(1, 400)]
    events = [Event(host=host, title="Gala", date=in_days(number), location="Berlin") for number in days]
    for event in events:
        event.set_derived_fields()
    Event.objects.bulk_create(events)
    if connection.vendor == "postgresql":
        connection.cursor().execute("ANALYZE events_event")

    ongoing = Event.objects.visible_to(NOBODY).when(Period.ONGOING, timezone.now())
    plan = layout_of(EventOut).select(ongoing, NOBODY)[:20].explain()

    assert "events_by_end" in plan
    assert "events_by_date" not in plan
