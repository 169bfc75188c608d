import pytest

from apps.core.models import AuditEntry
from apps.notifications.models import FanOut
from tests.client import ApiClient
from tests.events.people import DENIED, an_hour_later, befriend, heard, join, stands_to
from tests.factories import AttendanceFactory, BlockFactory, EventFactory, StaffFactory


def cancel(client, event):
    return client.delete(f"/events/{event.pk}")


@pytest.mark.parametrize(
    ("relation", "private", "status"),
    [
        ("host", True, 204),
        ("moderator", True, 204),
        ("connection", True, 403),
        ("going", True, 403),
        ("stranger", False, 403),
        ("stranger", True, 404),
        ("blocked the host", False, 404),
        ("nobody", False, 401),
    ],
)
def test_who_may_cancel_it(host, relation, private, status):
    event = EventFactory(host=host, private=private)

    response = cancel(ApiClient(stands_to(event, relation)), event)

    event.refresh_from_db()
    assert response.status_code == status
    assert (bool(event.cancelled_at or event.removed_at)) == (status == 204)
    if status == 403:
        assert response.json()["detail"] == DENIED


def test_afterwards_it_is_gone(alice_client, host_client, event):
    assert cancel(host_client, event).content == b""

    assert cancel(host_client, event).status_code == 404
    assert host_client.get(f"/events/{event.pk}").status_code == 404
    assert host_client.get("/events").json()["data"] == []
    assert join(alice_client, event).status_code == 404


def test_attendees_are_told(host, host_client, event, run_jobs):
    people = [
        AttendanceFactory(event=event, status=status).user
        for status in ("going", "interested", "waitlisted", "invited")
    ]
    AttendanceFactory(event=event, user=BlockFactory(blocker=host).blocked)
    AttendanceFactory(event=event, user__is_active=False)
    befriend(host)

    cancel(host_client, event)
    run_jobs()

    assert heard("event_cancelled") == [(person.username, "Summer Gala was cancelled.") for person in people]
    (told,) = ApiClient(people[0]).get("/notifications").json()["data"]
    assert (told["title"], told["priority"], told["actor"]["id"]) == ("Event cancelled", "high", host.pk)


def test_it_is_told_at_once_and_changes_that_are_still_to_be_told_are_not(host_client, event, run_jobs):
    AttendanceFactory(event=event)
    for place in ("Bonn", "Hamburg"):
        host_client.patch(f"/events/{event.pk}", {"location": place})
    run_jobs()

    cancel(host_client, event)
    run_jobs()
    assert len(heard("event_cancelled")) == 1

    an_hour_later()
    run_jobs()
    assert (len(heard("event_changed")), len(heard("event_cancelled"))) == (1, 1)
    assert not FanOut.objects.unfinished().exists()


def test_whoever_waits_gets_no_place_in_it(host, host_client, run_jobs):
    event = EventFactory(host=host, capacity=1)
    going = AttendanceFactory(event=event)
    waiting = AttendanceFactory(event=event, status="waitlisted")
    cancel(host_client, event)

    response = ApiClient(going.user).delete(f"/events/{event.pk}/join")
    run_jobs()

    waiting.refresh_from_db()
    assert (response.status_code, waiting.status) == (204, "waitlisted")
    assert heard("event_promoted") == []


@pytest.mark.parametrize("by_host", [True, False])
def test_only_what_a_moderator_does_is_written_down(host, event, by_host):
    person = host if by_host else StaffFactory()

    cancel(ApiClient(person), event)

    entries = list(AuditEntry.objects.values_list("actor", "action", "target", "note"))
    assert entries == ([] if by_host else [(person.pk, "event.taken_down", f"events.event:{event.pk}", "")])
