import pytest

from apps.accounts.models import User
from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.events.people import DENIED, befriend, heard, join, leave, stands_to, statuses
from tests.factories import AttendanceFactory, BlockFactory, ConnectionFactory, EventFactory, UserFactory


def invite(client, event, *people):
    return client.post(f"/events/{event.pk}/invite", {"user_ids": [person.pk for person in people]})


def test_connections_are_invited_and_told(host, host_client, event):
    friends = befriend(host, 3)

    response = invite(host_client, event, *friends[:2])

    assert response.status_code == 200
    assert response.json() == {"message": "Invitations sent.", "data": {"invited": 2}}
    sentence = "nike invited you to Summer Gala"
    assert heard("event_invited") == [(friend.username, sentence) for friend in friends[:2]]
    assert statuses(event) == ["invited", "invited"]
    (told,) = ApiClient(friends[0]).get("/notifications").json()["data"]
    assert (told["title"], told["priority"], told["actor"]["id"]) == ("Event invitation", "medium", host.pk)
    assert told["redirect"]["url"] == f"/api/v1/events/{event.pk}"


def test_the_invited_see_it_and_may_join(host, host_client):
    event = EventFactory(host=host, private=True)
    (friend,) = befriend(host)
    invite(host_client, event, friend)
    client = ApiClient(friend)

    assert client.get(f"/events/{event.pk}").json()["data"]["my_status"] == "invited"
    assert join(client, event).json()["data"]["status"] == "going"


@pytest.mark.parametrize(
    ("relation", "private", "status"),
    [
        ("host", True, 200),
        ("moderator", True, 403),
        ("connection", True, 403),
        ("going", True, 403),
        ("stranger", False, 403),
        ("stranger", True, 404),
        ("nobody", False, 401),
    ],
)
def test_who_may_invite(host, relation, private, status):
    event = EventFactory(host=host, private=private)
    person = stands_to(event, relation)
    (friend,) = befriend(person or host)

    response = invite(ApiClient(person), event, friend)

    assert response.status_code == status
    if status == 403:
        assert response.json()["detail"] == DENIED


@pytest.mark.parametrize("whom", ["stranger", "asked", "asks", "blocked", "inactive", "host", "unknown"])
def test_others_than_connections_are_refused(host, host_client, event, whom):
    (friend,) = befriend(host)
    people = {
        "stranger": UserFactory,
        "asked": lambda: ConnectionFactory(sender=host).receiver,
        "asks": lambda: ConnectionFactory(receiver=host).sender,
        "blocked": lambda: BlockFactory(blocker=host).blocked,
        "inactive": lambda: ConnectionFactory(sender=host, receiver__is_active=False, accepted=True).receiver,
        "host": lambda: host,
        "unknown": lambda: User(pk=999999),
    }

    response = invite(host_client, event, friend, people[whom]())

    sentence = "You can only invite your connections."
    assert response.status_code == 400
    assert (response.json()["detail"], response.json()["code"]) == (sentence, "not_connected")
    assert response.json()["details"] == {"user_ids": [sentence]}
    assert statuses(event) == []
    assert not Notification.objects.exists()


@pytest.mark.parametrize("status", ["going", "interested", "waitlisted", "invited"])
def test_who_takes_part_is_not_asked_again(host, host_client, event, status):
    known, new = befriend(host, 2)
    AttendanceFactory(event=event, user=known, status=status)

    response = invite(host_client, event, known, new, new)

    assert response.json()["data"] == {"invited": 1}
    assert statuses(event) == [status, "invited"]
    assert [name for name, _ in heard("event_invited")] == [new.username]


def test_with_nobody_new_nobody_is_told(host, host_client, event):
    (friend,) = befriend(host)
    AttendanceFactory(event=event, user=friend)

    response = invite(host_client, event, friend)

    assert (response.status_code, response.json()["data"]) == (200, {"invited": 0})
    assert not Notification.objects.exists()


def test_who_declined_may_be_asked_again_but_hears_of_it_once(host, host_client, event):
    friend, new = befriend(host, 2)
    invite(host_client, event, friend)
    for _ in range(2):
        leave(ApiClient(friend), event)
        assert invite(host_client, event, friend).json()["data"] == {"invited": 1}
    leave(ApiClient(friend), event)

    assert invite(host_client, event, friend, new).json()["data"] == {"invited": 2}
    assert statuses(event) == ["invited", "invited"]
    assert [name for name, _ in heard("event_invited")] == [friend.username, new.username]


def test_another_event_is_another_invitation(host, host_client, event):
    (friend,) = befriend(host)

    for invited_to in (event, EventFactory(host=host)):
        invite(host_client, invited_to, friend)

    assert len(heard("event_invited")) == 2


@pytest.mark.parametrize(
    ("user_ids", "sentence"),
    [
        ([], "Ensure this field has at least 1 items."),
        (list(range(1, 502)), "Ensure this field has no more than 500 items."),
        (None, "This field may not be null."),
    ],
)
def test_the_list_has_its_limits(host_client, event, user_ids, sentence):
    response = host_client.post(f"/events/{event.pk}/invite", {"user_ids": user_ids})

    assert response.status_code == 400
    assert response.json()["details"] == {"user_ids": [sentence]}


def test_nobody_is_invited_to_what_has_ended(host, host_client):
    response = invite(host_client, EventFactory(host=host, past=True), *befriend(host))

    assert (response.status_code, response.json()["code"]) == (400, "event_ended")


def test_its_cost_does_not_grow_with_the_invited(host, host_client, django_assert_max_num_queries):
    friends = befriend(host, 50)

    with django_assert_max_num_queries(20):
        invite(host_client, EventFactory.create(host=host), *friends)

    assert len(heard("event_invited")) == 50
