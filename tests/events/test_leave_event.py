import pytest

from apps.events.models import Attendance
from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.events.people import heard, join, leave, statuses
from tests.factories import AttendanceFactory, BlockFactory, EventFactory, UserFactory
from tests.races import together


@pytest.mark.parametrize("status", ["going", "interested", "waitlisted", "invited"])
def test_one_leaves_whatever_one_answered(alice, alice_client, event, status):
    AttendanceFactory(event=event, user=alice, status=status)
    AttendanceFactory(event=event)

    response = leave(alice_client, event)

    assert (response.status_code, response.content) == (204, b"")
    assert not alice.attendances.exists()
    assert statuses(event) == ["going"]
    assert alice_client.get(f"/events/{event.pk}").json()["data"]["my_status"] is None


def test_who_takes_no_part_is_not_found(alice_client, event):
    AttendanceFactory(event=event)

    response = leave(alice_client, event)

    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")
    assert Attendance.objects.count() == 1


def test_one_leaves_once(alice, alice_client, event):
    AttendanceFactory(event=event, user=alice)

    assert [leave(alice_client, event).status_code for _ in range(2)] == [204, 404]


def test_it_asks_who_is_calling(event):
    assert leave(ApiClient(), event).status_code == 401


def test_who_is_blocked_may_still_leave(host, event):
    attendance = AttendanceFactory(event=event)
    BlockFactory(blocker=host, blocked=attendance.user)

    assert leave(ApiClient(attendance.user), event).status_code == 204


def test_the_place_goes_to_who_waits_longest(db, run_jobs):
    event = EventFactory(capacity=2)
    going = AttendanceFactory.create_batch(2, event=event)
    first, second, _ = (AttendanceFactory(event=event, status="waitlisted").user for _ in range(3))

    leave(ApiClient(going[0].user), event)
    assert statuses(event) == ["going", "going", "waitlisted", "waitlisted"]
    leave(ApiClient(going[1].user), event)
    run_jobs()

    assert statuses(event) == ["going", "going", "waitlisted"]
    sentence = "You are now going to Summer Gala"
    assert heard("event_promoted") == [(first.username, sentence), (second.username, sentence)]
    told = Notification.objects.first()
    assert (told.title, told.priority, told.actor) == ("A place is free", "high", event.host)


@pytest.mark.parametrize("status", ["interested", "waitlisted", "invited"])
def test_who_had_no_place_leaves_none(alice, alice_client, status):
    event = EventFactory(capacity=1)
    AttendanceFactory(event=event)
    AttendanceFactory(event=event, user=alice, status=status)
    AttendanceFactory(event=event, status="waitlisted")

    leave(alice_client, event)

    assert statuses(event) == ["going", "waitlisted"]


def test_after_its_end_nobody_moves_up(db):
    event = EventFactory(capacity=1, past=True)
    going = AttendanceFactory(event=event)
    AttendanceFactory(event=event, status="waitlisted")

    leave(ApiClient(going.user), event)

    assert statuses(event) == ["waitlisted"]


@pytest.mark.django_db(transaction=True)
def test_places_that_get_free_at_once_go_to_the_first_in_the_queue(run_jobs):
    event = EventFactory(capacity=5)
    going = [ApiClient(row.user) for row in AttendanceFactory.create_batch(5, event=event)]
    waiting = AttendanceFactory.create_batch(8, event=event, status="waitlisted")
    latecomers = [ApiClient(person) for person in UserFactory.create_batch(5)]

    together(
        *[lambda client=client: leave(client, event) for client in going],
        *[lambda client=client: join(client, event) for client in latecomers],
    )
    run_jobs()

    moved = list(event.attendances.going().order_by("pk").values_list("user", flat=True))
    assert moved == [row.user_id for row in waiting[:5]]
    assert statuses(event) == ["going"] * 5 + ["waitlisted"] * 8
    assert [name for name, _ in heard("event_promoted")] == [row.user.username for row in waiting[:5]]
    assert ApiClient().get(f"/events/{event.pk}").json()["data"]["attendees_count"] == 5


@pytest.mark.django_db(transaction=True)
def test_of_one_person_leaving_twice_at_once_one_counts(run_jobs):
    event = EventFactory(capacity=1)
    going = AttendanceFactory(event=event).user
    AttendanceFactory.create_batch(3, event=event, status="waitlisted")
    clients = [ApiClient(going) for _ in range(4)]

    answers = together(*[lambda client=client: leave(client, event) for client in clients])
    run_jobs()

    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    assert statuses(event) == ["going", "waitlisted", "waitlisted"]
    assert len(heard("event_promoted")) == 1


@pytest.mark.django_db(transaction=True)
def test_leaving_against_promotion_has_one_outcome():
    for _ in range(5):
        event = EventFactory(capacity=1)
        going, waiting = (AttendanceFactory(event=event, status=status).user for status in ("going", "waitlisted"))
        clients = ApiClient(going), ApiClient(waiting)

        answers = together(*[lambda client=client, event=event: leave(client, event) for client in clients])

        assert [answer.status_code for answer in answers] == [204, 204]
        assert statuses(event) == []
