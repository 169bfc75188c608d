import pytest

from apps.core.models import AuditEntry
from apps.events.models import Event
from tests.client import ApiClient
from tests.events.people import DENIED, ITEM_KEYS, an_hour_later, heard, in_days, spelt, stands_to, statuses
from tests.factories import AttendanceFactory, EventFactory, StaffFactory
from tests.races import together


def put(client, event, **changes):
    whole = {"title": event.title, "date": spelt(event.date), "location": event.location}
    return client.put(f"/events/{event.pk}", whole | changes)


def patch(client, event, **changes):
    return client.patch(f"/events/{event.pk}", changes)


@pytest.mark.parametrize("send", [put, patch])
def test_it_answers_the_event_as_it_is_now(host_client, event, send):
    response = send(host_client, event, title="Winter Gala", capacity=5)

    body = response.json()
    assert (response.status_code, body["message"]) == (200, "Event updated successfully.")
    assert set(body["data"]) == ITEM_KEYS
    assert (body["data"]["title"], body["data"]["capacity"]) == ("Winter Gala", 5)
    assert (body["data"]["date"], body["data"]["location"]) == (spelt(event.date), "Berlin")


@pytest.mark.parametrize(("send", "kept"), [(put, False), (patch, True)])
def test_put_replaces_and_patch_merges(host, host_client, send, kept):
    event = EventFactory(host=host, description="Music.", capacity=9, private=True, end_date=in_days(9))

    item = send(host_client, event, title="New").json()["data"]

    assert (item["description"], item["capacity"], item["visibility"], item["end_date"] is not None) == (
        ("Music.", 9, "connections", True) if kept else ("", None, "public", False)
    )


def test_put_wants_the_whole_event(host_client, event):
    response = host_client.put(f"/events/{event.pk}", {"title": "New"})

    assert response.status_code == 400
    assert response.json()["details"].keys() == {"date", "location"}


@pytest.mark.parametrize("send", [put, patch])
@pytest.mark.parametrize(
    ("relation", "private", "status"),
    [
        ("host", True, 200),
        ("moderator", True, 200),
        ("connection", True, 403),
        ("going", True, 403),
        ("stranger", False, 403),
        ("stranger", True, 404),
        ("blocked by the host", False, 404),
        ("nobody", False, 401),
    ],
)
def test_who_may_change_it(host, send, relation, private, status):
    event = EventFactory(host=host, private=private)

    response = send(ApiClient(stands_to(event, relation)), event, title="Changed")

    assert response.status_code == status
    assert (Event.objects.get().title == "Changed") == (status == 200)
    if status == 403:
        assert response.json()["detail"] == DENIED


@pytest.mark.parametrize("send", [put, patch])
def test_what_is_gone_is_not_found(host, host_client, send):
    event = EventFactory(host=host, cancelled=True)

    assert send(host_client, event, title="New").status_code == 404


def test_a_moderator_s_change_is_written_down(event):
    colleague = StaffFactory()

    patch(ApiClient(colleague), event, title="Harmless", location="Bonn")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (colleague, "event.changed", f"events.event:{event.pk}")
    assert entry.changes == {"location": [], "title": []}


@pytest.mark.parametrize("send", [put, patch])
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("title", None, "This field may not be null."),
        ("location", None, "This field may not be null."),
        ("description", None, "This field may not be null."),
        ("date", None, "This field may not be null."),
        ("visibility", None, "This field may not be null."),
        ("visibility", "secret", '"secret" is not a valid choice.'),
        ("capacity", 0, "Ensure this value is greater than or equal to 1."),
        ("date", "2020-01-01T00:00:00Z", "The date must be in the future."),
        ("end_date", "2020-01-01T00:00:00Z", "An event ends after it begins."),
        ("host", 1, "Unknown field."),
    ],
)
def test_wrong_fields_are_named(host_client, event, send, field, value, sentence):
    response = send(host_client, event, **{field: value})

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}
    event.refresh_from_db()
    assert (event.title, event.sequence) == ("Summer Gala", 0)


def test_a_date_behind_the_end_is_refused_under_the_end(host, host_client):
    event = EventFactory(host=host, end_date=in_days(8))

    response = patch(host_client, event, date=spelt(in_days(9)))

    assert response.json()["details"] == {"end_date": ["An event ends after it begins."]}


@pytest.mark.parametrize("send", [put, patch])
def test_an_event_that_has_begun_keeps_its_date(host, host_client, send):
    event = EventFactory(host=host, ongoing=True)

    assert send(host_client, event, title="New").status_code == 200


def test_null_takes_the_end_and_the_capacity_away(host, host_client):
    event = EventFactory(host=host, end_date=in_days(9), capacity=3)

    item = patch(host_client, event, end_date=None, capacity=None).json()["data"]

    event.refresh_from_db()
    assert (item["end_date"], item["capacity"]) == (None, None)
    assert (event.ends_at - event.date).days == 1


def test_search_finds_the_new_words(host_client, event):
    patch(host_client, event, title="Winter Ball")

    assert [len(ApiClient().get(f"/events?search={word}").json()["data"]) for word in ("winter", "summer")] == [1, 0]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"date": "2099-01-01T00:00:00Z"}, True),
        ({"end_date": "2099-01-01T00:00:00Z"}, True),
        ({"location": "Hamburg"}, True),
        ({"title": "New"}, False),
        ({"description": "New", "capacity": 9, "visibility": "connections"}, False),
        ({"location": "Berlin", "title": "Summer Gala"}, False),
        ({}, False),
    ],
)
def test_attendees_are_told_of_a_new_date_or_place(host_client, event, run_jobs, changes, told):
    people = [AttendanceFactory(event=event, status=status).user for status in ("going", "interested", "waitlisted")]

    patch(host_client, event, **changes)
    run_jobs()

    sentence = "Summer Gala has a new date or place."
    assert heard("event_changed") == [(person.username, sentence) for person in people if told]


@pytest.mark.parametrize("send", [put, patch])
@pytest.mark.parametrize(
    "changes",
    [
        [{"location": "Bonn"}, {"location": "Hamburg"}, {"date": "2099-01-01T00:00:00Z"}],
        [{"location": "Bonn"}, {"location": "Berlin"}],  # as it was, of which those who heard of Bonn have to hear
    ],
)
def test_of_several_changes_the_first_is_told_at_once_and_the_others_once(host_client, event, run_jobs, send, changes):
    person = AttendanceFactory(event=event).user
    sentence = (person.username, "Summer Gala has a new date or place.")

    for change in changes:
        assert send(host_client, event, **change).status_code == 200
    run_jobs()
    assert heard("event_changed") == [sentence]

    for _ in range(2):
        an_hour_later()
        run_jobs()
    assert heard("event_changed") == [sentence] * 2


def test_who_comes_between_two_changes_hears_of_the_second(host_client, event, run_jobs):
    patch(host_client, event, location="Bonn")
    run_jobs()
    person = AttendanceFactory(event=event).user
    patch(host_client, event, location="Hamburg", title="Winter Gala")

    an_hour_later()
    run_jobs()

    assert heard("event_changed") == [(person.username, "Winter Gala has a new date or place.")]


def test_a_change_that_is_no_news_starts_no_hour(host_client, event, run_jobs):
    AttendanceFactory(event=event)
    patch(host_client, event, title="Winter Gala")

    patch(host_client, event, location="Bonn")
    run_jobs()

    assert len(heard("event_changed")) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_one_is_told_at_once(host, run_jobs):
    event = AttendanceFactory(event__host=host).event
    clients = [ApiClient(host) for _ in range(4)]

    together(
        *[lambda client=client, n=n: patch(client, event, location=f"Hall {n}") for n, client in enumerate(clients)]
    )
    run_jobs()
    assert len(heard("event_changed")) == 1

    an_hour_later()
    run_jobs()
    assert len(heard("event_changed")) == 2


@pytest.mark.parametrize(("capacity", "going"), [(1, 1), (2, 2), (3, 3), (9, 4), (None, 4)])
def test_more_room_is_given_in_the_order_of_the_waiting_list(host, host_client, run_jobs, capacity, going):
    event = EventFactory(host=host, capacity=1)
    AttendanceFactory(event=event)
    people = [AttendanceFactory(event=event, status="waitlisted").user for _ in range(3)]

    patch(host_client, event, capacity=capacity)
    run_jobs()

    assert statuses(event) == ["going"] * going + ["waitlisted"] * (4 - going)
    sentence = "You are now going to Summer Gala"
    assert heard("event_promoted") == [(person.username, sentence) for person in people[: going - 1]]


def test_less_room_takes_nobody_s_place(host, host_client):
    event = EventFactory(host=host, capacity=3)
    AttendanceFactory.create_batch(3, event=event)
    AttendanceFactory(event=event, status="waitlisted")

    item = patch(host_client, event, capacity=1).json()["data"]

    assert (item["capacity"], item["attendees_count"]) == (1, 3)
    assert statuses(event) == ["going", "going", "going", "waitlisted"]
