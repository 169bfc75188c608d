"""The numbers of a log: without gaps, in the order of the commits, however many write at once."""

import time
from threading import Event

import pytest
from django.db import connection, transaction

from apps.accounts.models import User
from apps.live.log import last_seq_of, read
from apps.live.models import Entry, Head, Payload
from apps.live.services import publish, publish_each
from apps.messaging.schemas import DeletedOut, MessageDeletedEvent
from tests.factories import UserFactory
from tests.live.logs import greet, say, told
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


def news(number: int) -> MessageDeletedEvent:
    return MessageDeletedEvent(data=DeletedOut(id=number, conversation=1))


@transaction.atomic
def tell(people: list[User], number: int) -> None:
    publish([person.pk for person in people], news(number))


def numbers_of(user: User) -> list[int]:
    return list(Entry.objects.filter(head=user.pk).order_by("seq").values_list("seq", flat=True))


def test_who_commits_later_has_the_higher_number(alice):
    """Even if they began first: nobody who has read the higher number has missed the lower."""
    has_begun, may_commit = Event(), Event()

    @transaction.atomic
    def slow():
        Payload.objects.create(event="x", data="{}")  # its number is the lower one
        has_begun.set()
        assert connection.vendor == "sqlite" or may_commit.wait(timeout=20)
        publish([alice.pk], news(1))

    def fast():
        assert has_begun.wait(timeout=20)
        tell([alice], 2)
        may_commit.set()

    together(slow, fast)

    rows = [(event["id"], event["data"]["id"]) for event in told(alice, "0")]
    # One writer at a time on SQLite: there, who begins first commits first.
    assert rows == ([("1", 1), ("2", 2)] if connection.vendor == "sqlite" else [("1", 2), ("2", 1)])


def test_who_has_a_number_holds_the_next_back_until_the_commit(alice):
    has_number, sees = Event(), []

    @transaction.atomic
    def first():
        publish([alice.pk], news(1))
        has_number.set()
        time.sleep(0.5)
        sees.append(is_second_done.is_set())

    is_second_done = Event()

    def second():
        assert has_number.wait(timeout=20)
        tell([alice], 2)
        is_second_done.set()

    together(first, second)

    assert sees == [False]
    assert [event["data"]["id"] for event in told(alice, "0")] == [1, 2]


def test_what_is_rolled_back_leaves_no_gap(alice):
    @transaction.atomic
    def in_vain():
        publish([alice.pk], news(1))
        transaction.set_rollback(True)

    together(in_vain, lambda: tell([alice], 2), in_vain, lambda: tell([alice], 3))

    assert numbers_of(alice) == [1, 2]


def test_eight_at_once_neither_lose_nor_double(alice, bob):
    people = [alice, bob, *UserFactory.create_batch(3)]

    def writer(number):
        def write():
            for turn in range(5):
                some = people if turn % 2 else people[::-1]
                tell(some[number % 3 :], number * 100 + turn)

        return write

    together(*(writer(number) for number in range(8)))

    for person in people:
        count = Entry.objects.filter(head=person.pk).count()
        assert numbers_of(person) == list(range(1, count + 1))
        assert last_seq_of(person.pk) == count
        seen = [event["data"]["id"] for event in told(person, "0")]
        assert len(seen) == len(set(seen)) == count
        for number in range(8):  # each writer's own in their order
            mine = [one for one in seen if one // 100 == number]
            assert mine == sorted(mine)
    assert Entry.objects.count() == 5 * sum(len(people) - number % 3 for number in range(8))


def test_a_reader_meanwhile_sees_every_number_once(alice):
    seen, is_done = [], Event()

    def write():
        for number in range(15):
            tell([alice], number)

    def follow():
        cursor = 0
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            was_done = is_done.is_set()
            stretch = read(user_id=alice.pk, after=cursor, last_seq=last_seq_of(alice.pk), limit=4)
            assert not stretch.is_reset
            seen.extend(item.seq for item in stretch.items)
            cursor = stretch.cursor
            if was_done and not stretch.items:
                return
        raise TimeoutError

    def write_all():
        together(*[write] * 3)
        is_done.set()

    together(write_all, follow)

    assert seen == list(range(1, 46))


def test_telling_in_opposite_orders_does_not_deadlock(alice, bob):
    """Nor does a first event ever, whose heads are not there yet."""
    crowd = UserFactory.create_batch(20)

    def forward():
        for number in range(10):
            tell([alice, bob, *crowd], number)

    def backward():
        for number in range(10):
            tell([*crowd[::-1], bob, alice], number)

    together(forward, backward, forward, backward)

    assert set(Head.objects.values_list("last_seq", flat=True)) == {40}


def test_people_who_write_to_each_other_at_once_do_not_deadlock(alice, bob):
    together(*[lambda: say(alice, bob), lambda: say(bob, alice)] * 4)

    for person in (alice, bob):
        # Eight messages and four notifications of them, one new and then the same again.
        assert numbers_of(person) == list(range(1, 13))


def test_a_crowd_is_told_while_its_people_are_told_other_things(alice):
    crowd = UserFactory.create_batch(30)

    def all_of_them():
        for number in range(5):
            tell(crowd, number)

    def one_by_one():
        for person in crowd[::-1]:
            greet(person)

    together(all_of_them, one_by_one, all_of_them, one_by_one)

    assert {len(numbers_of(person)) for person in crowd} == {12}


def test_a_reading_goes_as_far_as_was_seen(alice):
    """The rest is for the stream, which obeys the end of a session; an opening only writes."""
    greet(alice, times=3)

    stretch = read(user_id=alice.pk, after=0, last_seq=2)

    assert ([item.seq for item in stretch.items], stretch.cursor, stretch.is_reset) == ([1, 2], 2, False)


def test_nobody_is_told_twice_by_one_publishing(alice, bob):
    publish([bob.pk, alice.pk, bob.pk], news(1))
    publish([], news(2))
    publish_each([], news(3))

    assert (numbers_of(alice), numbers_of(bob), Payload.objects.count()) == ([1], [1], 1)
