"""Places that get free: who gets them, and who hears of it, once, whatever happens in the middle."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from apps.accounts.models import User
from apps.events import jobs, tasks
from apps.events.models import Attendance
from apps.notifications import tasks as fan_outs
from apps.notifications.jobs import deliver
from apps.notifications.models import FanOut, NotificationType
from tests.client import ApiClient
from tests.events.people import befriend, heard, in_days, join, leave, statuses
from tests.factories import AttendanceFactory, BlockFactory, EventFactory, UserFactory
from tests.races import together

PLACE = "You are now going to Summer Gala"


@pytest.fixture
def few_at_a_time(monkeypatch):
    monkeypatch.setattr(jobs, "PROMOTED_AT_ONCE", 2)


@pytest.fixture
def event(host):
    """Full: one is going, five wait."""
    event = EventFactory(host=host, capacity=1)
    AttendanceFactory(event=event)
    AttendanceFactory.create_batch(5, event=event, status="waitlisted")
    return event


def waiting(event):
    return [row.user for row in event.attendances.waiting().select_related("user")]


def make_room(client, event, capacity=None):
    assert client.patch(f"/events/{event.pk}", {"capacity": capacity}).status_code == 200


def promoted():
    return [name for name, words in heard("event_promoted") if words == PLACE]


def announced():
    return sorted(heard("event_joined"))


@pytest.mark.parametrize("people", [1, 5, 101])
def test_all_hear_of_their_place_and_so_do_their_connections(host, host_client, run_jobs, people):
    event = EventFactory(host=host, capacity=1)
    AttendanceFactory(event=event)
    moved = [row.user for row in AttendanceFactory.create_batch(people, event=event, status="waitlisted")]
    friends = {person.username: befriend(person)[0].username for person in {moved[0], moved[-1]}}

    make_room(host_client, event)
    run_jobs()

    assert promoted() == [person.username for person in moved]
    assert announced() == sorted((friend, f"{name} is going to Summer Gala") for name, friend in friends.items())
    assert not FanOut.objects.unfinished().exists()


def test_the_answer_costs_the_same_however_many_get_a_place(host, host_client):
    counts = []
    for people in (1, 30):
        event = EventFactory(host=host, capacity=1)
        AttendanceFactory(event=event)
        AttendanceFactory.create_batch(people, event=event, status="waitlisted")
        with CaptureQueriesContext(connection) as queries:
            make_room(host_client, event)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_queue_s_order_decides_not_the_order_of_the_rows(host_client, event):
    last, *others = event.attendances.waiting()
    Attendance.objects.filter(pk=last.pk).update(queued_at=in_days(1))

    make_room(host_client, event, 5)

    assert {row.status for row in event.attendances.filter(pk__in=[row.pk for row in others])} == {"going"}
    assert waiting(event) == [last.user]


def test_of_those_who_came_at_the_same_moment_the_first_row_is_first(host_client, event):
    event.attendances.update(queued_at=timezone.now())

    make_room(host_client, event, 3)

    assert statuses(event) == ["going"] * 3 + ["waitlisted"] * 3


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_run_that_was_killed_is_taken_up(host_client, event, run_jobs, few_at_a_time, killed_after):
    moved = waiting(event)
    friends = [befriend(person)[0] for person in moved]
    make_room(host_client, event)
    OrmQ.objects.all().delete()
    for _ in range(killed_after):
        jobs.tell_some_promoted(event.pk)
    OrmQ.objects.all().delete()
    assert len(promoted()) == 2 * killed_after

    for table, field in ((Attendance, "untold_since"), (FanOut, "created_at")):
        table.objects.exclude(**{field: None}).update(**{field: timezone.now() - timedelta(minutes=11)})
    tasks.take_up_promotions()
    fan_outs.take_up_fan_outs()
    run_jobs()

    assert promoted() == [person.username for person in moved]
    assert sorted(name for name, _ in announced()) == sorted(friend.username for friend in friends)


def test_what_is_going_on_is_not_taken_up(host_client, event):
    make_room(host_client, event)
    OrmQ.objects.all().delete()

    tasks.take_up_promotions()

    assert not OrmQ.objects.exists()


def test_a_job_that_runs_again_tells_nobody_twice(host_client, event, run_jobs):
    befriend(waiting(event)[0])
    make_room(host_client, event)
    run_jobs()

    jobs.tell_promoted(event.pk)
    deliver(FanOut.objects.values_list("pk", flat=True))
    run_jobs()

    assert (len(promoted()), len(announced())) == (5, 1)


@pytest.mark.parametrize("answer", ["leave", "interested"])
def test_who_gives_the_place_up_before_hearing_of_it_hears_nothing(host_client, event, run_jobs, answer):
    first, *others = waiting(event)
    make_room(host_client, event)

    leave(ApiClient(first), event) if answer == "leave" else join(ApiClient(first), event, answer)
    run_jobs()

    assert promoted() == [person.username for person in others]


def test_each_place_is_told_but_one_s_connections_hear_of_one_once(host_client, event, run_jobs):
    first = waiting(event)[0]
    (friend,) = befriend(first)
    make_room(host_client, event, 2)
    run_jobs()
    leave(ApiClient(first), event)
    join(ApiClient(first), event)

    make_room(host_client, event)
    run_jobs()

    assert promoted().count(first.username) == 2
    assert announced() == [(friend.username, f"{first.username} is going to Summer Gala")]


def test_who_was_announced_as_interested_is_not_announced_again(host, host_client, run_jobs):
    event = EventFactory(host=host, capacity=1)
    AttendanceFactory(event=event)
    person = UserFactory()
    (friend,) = befriend(person)
    for answer in ("interested", "going"):
        join(ApiClient(person), event, answer)

    make_room(host_client, event)
    run_jobs()

    assert promoted() == [person.username]
    assert announced() == [(friend.username, f"{person.username} is interested in Summer Gala")]


@pytest.mark.parametrize("gone", ["cancelled", "host inactive"])
def test_nobody_hears_of_a_place_in_what_is_gone_meanwhile(host, host_client, event, run_jobs, gone):
    befriend(waiting(event)[0])
    make_room(host_client, event)
    if gone == "cancelled":
        host_client.delete(f"/events/{event.pk}")
    else:
        host.is_active = False
        host.save()

    run_jobs()

    assert promoted() == announced() == []
    assert not Attendance.objects.exclude(untold_since=None).exists()


def test_neither_blocked_nor_closed_accounts_are_told(host, host_client, event, run_jobs):
    blocked, blocking, closed, *others = waiting(event)
    befriend(closed)
    BlockFactory(blocker=host, blocked=blocked)
    BlockFactory(blocker=blocking, blocked=host)
    closed.is_active = False
    closed.save()

    make_room(host_client, event)
    run_jobs()

    assert promoted() == [person.username for person in others]
    assert announced() == []


@pytest.mark.parametrize(("code", "told"), [("event_promoted", (0, 1)), ("event_joined", (5, 0))])
def test_a_type_that_is_switched_off_leaves_the_other_alone(host_client, event, run_jobs, code, told):
    NotificationType.objects.filter(code=code).update(is_active=False)
    befriend(waiting(event)[0])

    make_room(host_client, event)
    run_jobs()

    assert (len(promoted()), len(announced())) == told


# Races


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_everybody_once(host, few_at_a_time, run_jobs):
    event = EventFactory(host=host, capacity=1)
    people = [row.user for row in AttendanceFactory.create_batch(15, event=event, status="waitlisted")]
    befriend(people[3])
    make_room(ApiClient(host), event)

    together(*[lambda: jobs.tell_promoted(event.pk)] * 4)
    run_jobs()

    assert promoted() == [person.username for person in people]
    assert len(announced()) == 1


@pytest.mark.django_db(transaction=True)
def test_who_answers_again_while_they_are_told_hears_of_it_once(host, run_jobs):
    event = EventFactory(host=host, capacity=1)
    people = [row.user for row in AttendanceFactory.create_batch(6, event=event, status="waitlisted")]
    clients = [ApiClient(person) for person in people]
    make_room(ApiClient(host), event)

    together(
        lambda: jobs.tell_promoted(event.pk),
        *[lambda client=client: join(client, event) for client in clients],
    )
    run_jobs()

    assert promoted() == [person.username for person in people]


@pytest.mark.django_db(transaction=True)
def test_leaving_joining_and_more_room_at_once_leave_no_place_free_while_somebody_waits(host, run_jobs):
    event = EventFactory(host=host, capacity=4)
    going = [row.user for row in AttendanceFactory.create_batch(4, event=event)]
    queue = [row.user for row in AttendanceFactory.create_batch(8, event=event, status="waitlisted")]
    staying, leaving = queue[::2], queue[1::2]
    latecomers = UserFactory.create_batch(3)
    leavers = [ApiClient(person) for person in [*going[:2], *leaving]]
    joiners = [ApiClient(person) for person in latecomers]
    host_client = ApiClient(host)

    answers = together(
        *[lambda client=client: leave(client, event).status_code for client in leavers],
        *[lambda client=client: join(client, event).status_code for client in joiners],
        lambda: host_client.patch(f"/events/{event.pk}", {"capacity": 6}).status_code,
    )
    run_jobs()

    assert sorted(answers) == [200] * 4 + [204] * 6
    taken = {row.user_id for row in event.attendances.going()}
    assert taken == {person.pk for person in [*going[2:], *staying]}
    assert waiting(event) == sorted(latecomers, key=lambda person: person.attendances.get().queued_at)
    assert ApiClient().get(f"/events/{event.pk}").json()["data"]["attendees_count"] == len(taken) == 6
    assert set(promoted()) - {person.username for person in leaving} == {person.username for person in staying}
    assert len(promoted()) == len(set(promoted()))


def test_who_is_away_keeps_their_turn_and_gets_no_place(host, host_client, event, run_jobs):
    first, second, *_ = waiting(event)
    User.objects.filter(pk=first.pk).update(is_active=False)

    make_room(host_client, event, 2)
    run_jobs()

    assert promoted() == [second.username]
    User.objects.filter(pk=first.pk).update(is_active=True)
    make_room(host_client, event, 3)
    run_jobs()
    assert sorted(promoted()) == sorted([first.username, second.username])


def test_who_comes_back_gets_a_free_place_before_who_comes_later(host):
    event = EventFactory(host=host, capacity=1)
    AttendanceFactory(event=event, status="waitlisted")

    join(ApiClient(UserFactory()), event)

    assert statuses(event) == ["going", "waitlisted"]
