"""What the worker finds when it tells an audience: who may hear of the event now."""

import pytest

from apps.notifications.jobs import deliver
from apps.notifications.models import FanOut, NotificationType
from tests.client import ApiClient
from tests.events.people import befriend, heard, join, stands_to
from tests.factories import ConnectionFactory, EventFactory, FanOutFactory

GALA = {"title": "Gala", "date": "2099-01-01T00:00:00Z", "location": "Berlin"}


@pytest.mark.parametrize(
    ("relation", "public", "private"),
    [
        ("stranger", True, False),
        ("asked for a connection", True, False),
        ("connection", True, True),
        ("connection the host asked", True, True),
        ("invited", True, True),
        ("going", True, True),
        ("host", True, True),
        ("blocked by the host", False, False),
        ("blocked the host", False, False),
        ("going, blocked by the host", False, False),
    ],
)
@pytest.mark.parametrize("visibility", ["public", "connections"])
def test_of_a_participant_s_connections_those_hear_who_may_see_it(
    host, run_jobs, relation, public, private, visibility
):
    event = EventFactory(host=host, visibility=visibility)
    participant = stands_to(event, "connection")
    friend = stands_to(event, relation)
    if friend != host:  # who is the participant's connection already
        ConnectionFactory(sender=participant, receiver=friend, accepted=True)

    join(ApiClient(participant), event)
    run_jobs()

    hears = [name for name, _ in heard("event_joined") if name == friend.username]
    sees = ApiClient(friend).get(f"/events/{event.pk}").status_code == 200
    assert bool(hears) == sees == (public if visibility == "public" else private)


def test_it_counts_who_may_see_it_when_it_is_told(host, alice, run_jobs):
    event = EventFactory(host=host)
    befriend(alice)
    (mutual,) = befriend(alice)
    ConnectionFactory(sender=mutual, receiver=host, accepted=True)
    join(ApiClient(alice), event)

    ApiClient(host).patch(f"/events/{event.pk}", {"visibility": "connections"})
    run_jobs()

    assert [name for name, _ in heard("event_joined")] == [mutual.username]


@pytest.mark.parametrize("by_host", [True, False])
def test_who_blocks_in_between_is_not_told(host, host_client, run_jobs, by_host):
    first, second = befriend(host, 2)
    host_client.post("/events", GALA)

    blocker, blocked = (host, first) if by_host else (first, host)
    ApiClient(blocker).post("/blocks", {"user_id": blocked.pk})
    run_jobs()

    assert [name for name, _ in heard("event_hosted")] == [second.username]


@pytest.mark.parametrize("gone", ["cancelled", "host inactive"])
def test_nobody_hears_of_an_event_that_is_gone_meanwhile(host, host_client, alice, run_jobs, gone):
    befriend(host)
    befriend(alice)
    number = host_client.post("/events", GALA).json()["data"]["id"]
    ApiClient(alice).post(f"/events/{number}/join", {"status": "going"})
    if gone == "cancelled":
        host_client.delete(f"/events/{number}")
    else:
        host.is_active = False
        host.save()

    run_jobs()

    assert heard("event_hosted") == heard("event_joined") == []
    assert not FanOut.objects.unfinished().exists()
    assert heard("event_cancelled") == ([("alice", "Gala was cancelled.")] if gone == "cancelled" else [])


def test_an_event_that_is_gone_ends_it(event):
    fan_out = FanOutFactory(redirect_id=event.pk)
    event.delete()

    deliver([fan_out.pk])

    assert not FanOut.objects.unfinished().exists()


@pytest.mark.parametrize("code", ["event_hosted", "event_joined", "event_changed", "event_cancelled"])
def test_a_type_that_is_switched_off_tells_nobody_and_stops_nothing(host, host_client, alice, run_jobs, code):
    NotificationType.objects.filter(code=code).update(is_active=False)
    befriend(host)
    befriend(alice)

    number = host_client.post("/events", GALA).json()["data"]["id"]
    answers = [
        ApiClient(alice).post(f"/events/{number}/join", {"status": "going"}),
        host_client.patch(f"/events/{number}", {"location": "Bonn"}),
        host_client.delete(f"/events/{number}"),
    ]
    run_jobs()

    codes = {"event_hosted", "event_joined", "event_changed", "event_cancelled"}
    assert [answer.status_code for answer in answers] == [200, 200, 204]
    assert heard(code) == []
    assert set(FanOut.objects.values_list("kind__code", flat=True)) == codes - {code}


def test_a_job_that_runs_again_tells_nobody_twice(host, host_client, run_jobs):
    befriend(host, 3)
    host_client.post("/events", GALA)
    run_jobs()

    deliver([FanOut.objects.get().pk])

    assert len(heard("event_hosted")) == 3
