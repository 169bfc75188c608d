import pytest

from tests.client import ApiClient
from tests.events.people import DENIED, stands_to
from tests.factories import AttendanceFactory, BlockFactory, EventFactory


def attendees(client, event, query=""):
    return client.get(f"/events/{event.pk}/attendees?{query}")


@pytest.mark.parametrize(
    ("relation", "private", "status"),
    [
        ("host", True, 200),
        ("moderator", True, 200),
        ("connection", True, 403),
        ("going", True, 403),
        ("invited", True, 403),
        ("stranger", False, 403),
        ("stranger", True, 404),
        ("blocked by the host", False, 404),
        ("nobody", False, 401),
    ],
)
def test_who_may_see_them(host, relation, private, status):
    event = EventFactory(host=host, private=private)

    response = attendees(ApiClient(stands_to(event, relation)), event)

    assert response.status_code == status
    if status == 403:
        assert response.json()["detail"] == DENIED


def test_it_lists_people_with_their_status(host_client, event):
    person = AttendanceFactory(event=event, user__username="alice").user
    AttendanceFactory()

    body = attendees(host_client, event).json()

    assert body == {
        "message": "OK",
        "data": [
            {
                "id": person.pk,
                "username": "alice",
                "role": "influencer",
                "is_verified": False,
                "avatar": None,
                "status": "going",
            }
        ],
        "meta": {"total": 1, "page": 1, "limit": 20, "next": None, "previous": None},
    }


def test_who_is_going_comes_first_and_of_each_status_who_came_first(host_client, event):
    for status in ("invited", "waitlisted", "interested", "going", "waitlisted", "going"):
        AttendanceFactory(event=event, status=status)

    found = [(person["status"], person["id"]) for person in attendees(host_client, event).json()["data"]]

    assert [status for status, _ in found] == ["going", "going", "interested", "invited", "waitlisted", "waitlisted"]
    assert found[0][1] < found[1][1]
    assert found[4][1] < found[5][1]


def test_who_is_gone_or_blocked_is_not_shown(host, host_client, event):
    AttendanceFactory(event=event, user__is_active=False)
    AttendanceFactory(event=event, user=BlockFactory(blocker=host).blocked)
    AttendanceFactory(event=event, user=BlockFactory(blocked=host).blocker)

    body = attendees(host_client, event).json()
    assert (body["data"], body["meta"]["total"]) == ([], 0)


def test_pages_lead_to_each_other(host_client, event):
    AttendanceFactory.create_batch(3, event=event)

    first, last = (attendees(host_client, event, f"limit=2&page={page}").json() for page in (1, 2))

    assert [len(page["data"]) for page in (first, last)] == [2, 1]
    assert (first["meta"]["total"], last["meta"]["next"]) == (3, None)
    assert attendees(host_client, event, "page=9").json()["data"] == []
