from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.events.models import Event
from apps.notifications.models import FanOut
from tests.client import ApiClient
from tests.events.people import DENIED, ITEM_KEYS, befriend, heard, in_days, let, spelt
from tests.factories import StaffFactory, UserFactory

URL = "/events"


def form(**changes):
    return {"title": "Summer Gala", "date": spelt(in_days(7)), "location": "Berlin"} | changes


def test_it_makes_an_event(host, host_client):
    begin, end = in_days(7), in_days(8)
    sent = form(description="Music.", date=spelt(begin), end_date=spelt(end), capacity=50, visibility="connections")

    response = host_client.post(URL, sent)

    event = Event.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "message": "Event created successfully.",
        "data": {
            "id": event.pk,
            "title": "Summer Gala",
            "description": "Music.",
            "date": spelt(begin),
            "end_date": spelt(end),
            "location": "Berlin",
            "capacity": 50,
            "visibility": "connections",
            "cover": None,
            "host": {"id": host.pk, "username": "nike", "role": "brand", "is_verified": False, "avatar": None},
            "attendees_count": 0,
            "my_status": None,
            "created_at": spelt(event.created_at),
        },
    }


def test_what_is_left_out_is_open_to_all_without_an_end(host_client):
    item = host_client.post(URL, form()).json()["data"]

    assert set(item) == ITEM_KEYS
    assert (item["description"], item["end_date"], item["capacity"]) == ("", None, None)
    assert item["visibility"] == "public"


@pytest.mark.parametrize(
    ("role", "status"), [("brand", 201), ("entrepreneur", 201), ("staff", 201), ("influencer", 403), ("investor", 403)]
)
def test_who_may_host(db, role, status):
    person = StaffFactory() if role == "staff" else UserFactory(role=role)

    response = ApiClient(person).post(URL, form())

    assert response.status_code == status
    assert Event.objects.count() == (status == 201)
    if status == 403:
        assert (response.json()["detail"], response.json()["code"]) == (DENIED, "permission_denied")


@pytest.mark.parametrize(("role", "may", "status"), [("influencer", True, 201), ("brand", False, 403)])
def test_staff_decide_which_types_host(db, role, may, status):
    let(role, "add_event", may=may)

    assert ApiClient(UserFactory(role=role)).post(URL, form()).status_code == status


def test_it_asks_who_is_calling(db):
    assert ApiClient().post(URL, form()).status_code == 401


@pytest.mark.parametrize("field", ["title", "date", "location"])
def test_what_has_to_be_there(host_client, field):
    body = form()
    del body[field]

    response = host_client.post(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == {field: ["This field is required."]}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "Ensure this field has at least 1 characters."),
        ("title", "   ", "Ensure this field has at least 1 characters."),
        ("title", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("title", None, "This field may not be null."),
        ("location", "", "Ensure this field has at least 1 characters."),
        ("location", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("date", "2020-01-01T00:00:00Z", "The date must be in the future."),
        ("date", "tomorrow", "Enter a valid date/time."),
        ("date", "2099-01-01T10:00:00", "Enter a valid date/time with its time zone."),
        ("date", "9999-12-31T23:00:00Z", "Enter a valid date/time."),
        ("end_date", "2020-01-01T00:00:00Z", "An event ends after it begins."),
        ("capacity", 0, "Ensure this value is greater than or equal to 1."),
        ("capacity", -1, "Ensure this value is greater than or equal to 1."),
        ("capacity", "many", "A valid integer is required."),
        ("visibility", "secret", '"secret" is not a valid choice.'),
        ("host", 1, "Unknown field."),
        ("attendees_count", 9, "Unknown field."),
    ],
)
def test_wrong_fields_are_named(host_client, field, value, sentence):
    response = host_client.post(URL, form(**{field: value}))

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}
    assert (response.json()["detail"], response.json()["code"]) == (sentence, "validation_error")
    assert not Event.objects.exists()


def test_an_event_does_not_end_when_it_begins(host_client):
    date = spelt(in_days(1))

    assert host_client.post(URL, form(date=date, end_date=date)).status_code == 400


@pytest.mark.parametrize("value", ["PUBLIC", "Connections"])
def test_the_visibility_is_understood_in_any_case(host_client, value):
    assert host_client.post(URL, form(visibility=value)).json()["data"]["visibility"] == value.lower()


def test_a_title_of_two_hundred_characters_fits(host_client):
    assert host_client.post(URL, form(title="x" * 200)).status_code == 201


def test_times_of_other_zones_are_answered_in_utc(host_client):
    item = host_client.post(URL, form(date="2099-06-01T10:00:00+02:00")).json()["data"]

    assert item["date"] == "2099-06-01T08:00:00Z"


@pytest.mark.parametrize(("end", "length"), [(None, timedelta(hours=24)), (3, timedelta(hours=3))])
def test_it_knows_how_long_it_lasts(host_client, end, length):
    begin = in_days(1)

    host_client.post(URL, form(date=spelt(begin), end_date=end and spelt(begin + timedelta(hours=end))))

    event = Event.objects.get()
    assert event.ends_at - event.date == length


def test_every_connection_is_told_by_the_worker(host, host_client, run_jobs):
    friends = befriend(host, 4)
    befriend(friends[0])
    UserFactory(username="gone", is_active=False)

    host_client.post(URL, form())
    assert heard("event_hosted") == []
    run_jobs()

    sentence = "nike is hosting a new event: Summer Gala"
    assert heard("event_hosted") == [(friend.username, sentence) for friend in friends]


def test_what_they_are_told_leads_to_the_event(host, host_client, run_jobs):
    (friend,) = befriend(host)
    number = host_client.post(URL, form()).json()["data"]["id"]
    run_jobs()

    (told,) = ApiClient(friend).get("/notifications").json()["data"]

    assert (told["type"], told["code"], told["priority"]) == ("event", "event_hosted", "medium")
    assert (told["title"], told["message"]) == ("New event", "nike is hosting a new event: Summer Gala")
    assert told["actor"]["id"] == host.pk
    assert told["redirect"] == {"kind": "event", "id": number, "url": f"/api/v1/events/{number}"}
    assert ApiClient(friend).get(f"/events/{number}").status_code == 200


def test_the_same_key_makes_one(host_client):
    first = host_client.post(URL, form(date="2099-01-01T00:00:00Z"), idempotency_key="one")

    again = host_client.post(URL, form(date="2099-01-01T00:00:00Z"), idempotency_key="one")

    assert (again.status_code, again.json()) == (201, first.json())
    assert Event.objects.count() == FanOut.objects.count() == 1


def test_its_work_does_not_grow_with_the_connections(host, host_client):
    counts = []
    for more in (1, 30):
        befriend(host, more)
        with CaptureQueriesContext(connection) as queries:
            host_client.post(URL, form())
        counts.append(len(queries))

    assert counts[1] <= counts[0]  # the first one may also read the site settings
