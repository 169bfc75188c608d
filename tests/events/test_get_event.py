import pytest

from tests.client import ApiClient
from tests.events.people import ITEM_KEYS, befriend, stands_to
from tests.factories import AttendanceFactory, EventFactory, StaffFactory


def get(client, event):
    return client.get(f"/events/{event.pk}")


SEEN = [
    # relation, a public event, one for connections
    ("nobody", True, False),
    ("stranger", True, False),
    ("asked for a connection", True, False),
    ("connection", True, True),
    ("connection the host asked", True, True),
    ("invited", True, True),
    ("going", True, True),
    ("waitlisted", True, True),
    ("host", True, True),
    ("moderator", True, True),
    ("blocked by the host", False, False),
    ("blocked the host", False, False),
    ("going, blocked by the host", False, False),
]


@pytest.mark.parametrize(("relation", "public", "private"), SEEN)
def test_who_sees_it(host, relation, public, private):
    for visibility, seen in (("public", public), ("connections", private)):
        event = EventFactory(host=host, visibility=visibility)
        client = ApiClient(stands_to(event, relation))
        listed = [item["id"] for item in client.get("/events").json()["data"]]

        assert get(client, event).status_code == (200 if seen else 404)
        assert (event.pk in listed) == seen
        assert client.get(f"/events/{event.pk}/calendar.ics").status_code == (200 if seen else 404)


@pytest.mark.parametrize(
    ("relation", "gone"),
    [
        *[(relation, "cancelled") for relation in ("nobody", "connection", "going", "host", "moderator")],
        *[(relation, "host inactive") for relation in ("nobody", "connection", "going", "moderator")],
    ],
)
def test_what_is_gone_is_not_found(host, relation, gone):
    event = EventFactory(host=host, cancelled=gone == "cancelled")
    client = ApiClient(stands_to(event, relation))
    if gone == "host inactive":
        host.is_active = False
        host.save()

    response = get(client, event)

    assert response.status_code == 404
    assert response.json()["detail"] == "Not found."
    assert client.get("/events").json()["data"] == []


def test_it_comes_back_with_its_host(host, event):
    for is_active, status in ((False, 404), (True, 200)):
        host.is_active = is_active
        host.save()

        assert get(ApiClient(), event).status_code == status


def test_the_permission_makes_the_moderator(host):
    event = EventFactory(host=host, private=True)
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(colleague.groups.get().permissions.get(codename="moderate_event"))

    assert get(ApiClient(colleague), event).status_code == 404


def test_it_shows_these_fields(alice_client, event):
    response = get(alice_client, event)

    assert response.json()["message"] == "OK"
    assert set(response.json()["data"]) == ITEM_KEYS


@pytest.mark.parametrize("status", ["invited", "interested", "going", "waitlisted"])
def test_it_tells_the_caller_how_they_stand_to_it(alice, alice_client, event, status):
    AttendanceFactory(event=event, user=alice, status=status)

    assert get(alice_client, event).json()["data"]["my_status"] == status
    assert get(ApiClient(), event).json()["data"]["my_status"] is None


def test_only_those_who_are_going_count(alice_client, event):
    for status in ("going", "going", "interested", "invited", "waitlisted"):
        AttendanceFactory(event=event, status=status)
    AttendanceFactory()

    assert get(alice_client, event).json()["data"]["attendees_count"] == 2


def test_who_ends_the_connection_sees_it_no_more(host):
    event = EventFactory(host=host, private=True)
    (friend,) = befriend(host)
    client = ApiClient(friend)
    before = get(client, event).status_code
    friend.connections_sent.all().delete()
    friend.connections_received.all().delete()

    assert (before, get(client, event).status_code) == (200, 404)


def test_an_unknown_one_is_not_found(db):
    assert ApiClient().get("/events/999").json()["detail"] == "Not found."
