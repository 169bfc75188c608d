import pytest

from apps.events.models import Attendance
from apps.notifications.models import FanOut
from tests.client import ApiClient
from tests.events.people import befriend, heard, in_days, join, leave, let, stands_to, statuses
from tests.factories import AttendanceFactory, EventFactory, UserFactory
from tests.races import together


@pytest.mark.parametrize("status", ["going", "interested", "GOING", "Interested"])
def test_one_answers_going_or_interested(alice, alice_client, event, status):
    response = join(alice_client, event, status)

    assert response.status_code == 200
    assert response.json() == {
        "message": "You have joined the event successfully.",
        "data": {"id": event.pk, "status": status.lower()},
    }
    assert (alice.attendances.get().event, alice.attendances.get().status) == (event, status.lower())


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        ("influencer", None),
        ("entrepreneur", None),
        ("investor", None),
        ("brand", "Brands cannot join events."),
        ("staff", "Staffs cannot join events."),
    ],
)
def test_who_may_join(event, role, refused):
    response = join(ApiClient(UserFactory(role=role)), event)

    assert response.status_code == (403 if refused else 200)
    assert response.json().get("detail") == refused
    assert response.json().get("code") == (refused and "permission_denied")
    assert Attendance.objects.exists() != bool(refused)


@pytest.mark.parametrize(
    ("role", "may", "refused"),
    [("brand", True, None), ("investor", False, "Investors cannot join events.")],
)
def test_staff_decide_which_types_join(event, role, may, refused):
    let(role, "join_event", may=may)

    response = join(ApiClient(UserFactory(role=role)), event)

    assert response.json().get("detail") == refused


@pytest.mark.parametrize(
    ("relation", "private", "status"),
    [
        ("stranger", False, 200),
        ("stranger", True, 404),
        ("connection", True, 200),
        ("invited", True, 200),
        ("blocked by the host", False, 404),
        ("blocked the host", False, 404),
        ("nobody", False, 401),
    ],
)
def test_one_joins_what_one_sees(host, relation, private, status):
    event = EventFactory(host=host, private=private)

    assert join(ApiClient(stands_to(event, relation)), event).status_code == status


def test_one_s_own_event_is_refused(db):
    host = UserFactory(role="entrepreneur")

    response = join(ApiClient(host), EventFactory(host=host))

    assert response.status_code == 400
    assert (response.json()["code"], response.json()["detail"]) == ("own_event", "You cannot join your own event.")
    assert response.json()["error"] == "Validation Error"


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({"date": -0.9}, 200),
        ({"date": -1.01}, 400),
        ({"date": -3, "end_date": 0.1}, 200),
        ({"date": -3, "end_date": -0.01}, 400),
    ],
)
def test_what_has_ended_is_refused(alice_client, dates, status):
    event = EventFactory(**{name: in_days(days) for name, days in dates.items()})

    response = join(alice_client, event)

    assert response.status_code == status
    if status == 400:
        assert (response.json()["code"], response.json()["detail"]) == ("event_ended", "This event has ended.")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "This field is required."),
        ({"status": None}, "This field may not be null."),
        ({"status": "maybe"}, '"maybe" is not a valid choice.'),
        ({"status": "waitlisted"}, '"waitlisted" is not a valid choice.'),
        ({"status": "invited"}, '"invited" is not a valid choice.'),
    ],
)
def test_other_answers_are_refused(alice_client, event, body, sentence):
    response = alice_client.post(f"/events/{event.pk}/join", body)

    assert response.status_code == 400
    assert response.json()["details"] == {"status": [sentence]}


@pytest.mark.parametrize("before", ["going", "interested", "invited", "waitlisted"])
@pytest.mark.parametrize("after", ["going", "interested"])
def test_joining_again_changes_the_answer(alice, alice_client, event, before, after):
    AttendanceFactory(event=event, user=alice, status=before)

    assert join(alice_client, event, after).json()["data"]["status"] == after
    assert statuses(event) == [after]


# Room


def test_past_the_capacity_one_waits(db):
    event = EventFactory(capacity=2)
    people = [ApiClient(person) for person in UserFactory.create_batch(4)]

    answers = [join(person, event).json()["data"]["status"] for person in people]

    assert answers == ["going", "going", "waitlisted", "waitlisted"]
    item = people[3].get(f"/events/{event.pk}").json()["data"]
    assert (item["my_status"], item["attendees_count"]) == ("waitlisted", 2)


@pytest.mark.parametrize("others", ["interested", "invited"])
def test_only_those_who_are_going_take_a_place(alice_client, others):
    event = EventFactory(capacity=1)
    AttendanceFactory.create_batch(3, event=event, status=others)

    assert join(alice_client, event).json()["data"]["status"] == "going"
    assert join(alice_client, event).json()["data"]["status"] == "going"


def test_interest_needs_no_place(alice_client):
    event = EventFactory(capacity=1)
    AttendanceFactory(event=event)

    assert join(alice_client, event, "interested").json()["data"]["status"] == "interested"


def test_asking_again_keeps_the_place_in_the_queue(alice):
    event = EventFactory(capacity=1)
    going = AttendanceFactory(event=event)
    first, second = (ApiClient(AttendanceFactory(event=event, status="waitlisted").user) for _ in range(2))

    assert join(first, event).json()["data"]["status"] == "waitlisted"
    leave(ApiClient(going.user), event)

    assert first.get(f"/events/{event.pk}").json()["data"]["my_status"] == "going"
    assert second.get(f"/events/{event.pk}").json()["data"]["my_status"] == "waitlisted"


def test_who_steps_out_of_the_queue_joins_it_again_at_its_end(alice, alice_client):
    event = EventFactory(capacity=1)
    going = AttendanceFactory(event=event)
    join(alice_client, event)
    other = ApiClient(UserFactory())
    join(other, event)
    join(alice_client, event, "interested")
    join(alice_client, event)

    leave(ApiClient(going.user), event)

    assert other.get(f"/events/{event.pk}").json()["data"]["my_status"] == "going"
    assert alice.attendances.get().status == "waitlisted"


def test_who_is_only_interested_now_gives_the_place_to_the_next(db, run_jobs):
    event = EventFactory(capacity=1)
    going = ApiClient(AttendanceFactory(event=event).user)
    waiting = AttendanceFactory(event=event, status="waitlisted").user
    AttendanceFactory(event=event, status="waitlisted")

    join(going, event, "interested")
    run_jobs()

    assert statuses(event) == ["interested", "going", "waitlisted"]
    assert heard("event_promoted") == [(waiting.username, "You are now going to Summer Gala")]
    assert join(going, event).json()["data"]["status"] == "waitlisted"


# Telling


@pytest.mark.parametrize(("status", "does"), [("going", "is going to"), ("interested", "is interested in")])
def test_their_connections_are_told(alice, alice_client, event, run_jobs, status, does):
    friends = befriend(alice, 3)

    join(alice_client, event, status)
    run_jobs()

    assert heard("event_joined") == [(friend.username, f"alice {does} Summer Gala") for friend in friends]
    (told,) = ApiClient(friends[0]).get("/notifications").json()["data"]
    assert (told["type"], told["title"], told["priority"]) == ("event", "Event update", "low")
    assert told["redirect"] == {"kind": "event", "id": event.pk, "url": f"/api/v1/events/{event.pk}"}


def test_they_are_told_once_for_each_person_and_event(alice, alice_client, event, run_jobs):
    (friend,) = befriend(alice)

    for status in ("interested", "going", "interested", "going"):
        join(alice_client, event, status)
    leave(alice_client, event)
    join(alice_client, event)
    join(alice_client, EventFactory(title="Another"))
    run_jobs()

    assert heard("event_joined") == [
        (friend.username, "alice is interested in Summer Gala"),
        (friend.username, "alice is going to Another"),
    ]


def test_nobody_hears_of_who_waits_until_there_is_a_place(alice, alice_client, run_jobs):
    event = EventFactory(capacity=1)
    going = AttendanceFactory(event=event)
    (friend,) = befriend(alice)
    join(alice_client, event)
    run_jobs()
    before = heard("event_joined")

    leave(ApiClient(going.user), event)
    run_jobs()

    assert before == []
    assert heard("event_joined") == [(friend.username, "alice is going to Summer Gala")]


# Races


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_takes_the_last_place():
    event = EventFactory(capacity=2)
    AttendanceFactory(event=event)
    people = [ApiClient(person) for person in UserFactory.create_batch(20)]

    answers = together(*[lambda person=person: join(person, event) for person in people])

    given = [answer.json()["data"]["status"] for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 20
    assert sorted(given) == ["going"] + ["waitlisted"] * 19
    assert sorted(statuses(event)) == ["going"] * 2 + ["waitlisted"] * 19
    assert ApiClient().get(f"/events/{event.pk}").json()["data"]["attendees_count"] == 2
    assert FanOut.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_at_once_joins_once():
    event = EventFactory(capacity=1)
    person = UserFactory()
    clients = [ApiClient(person) for _ in range(6)]

    answers = together(*[lambda client=client: join(client, event) for client in clients])

    assert [answer.json()["data"]["status"] for answer in answers] == ["going"] * 6
    assert statuses(event) == ["going"]
