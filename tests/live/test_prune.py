"""Logs reach back seven days; an older cursor is told to start anew."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from apps.live.models import KEPT, MARGIN, Entry, Head, Payload
from apps.live.tasks import prune
from tests.live.logs import cursor_of, greet, poll, told


def age(entries, by):
    """Make these as old as that."""
    past = timezone.now() - by
    Payload.objects.filter(pk__in=entries.values("payload")).update(created_at=past)
    entries.update(created_at=past)


@pytest.fixture
def log(alice):
    """Five events, of which the first two have been there for more than a week."""
    greet(alice, times=5)
    age(Entry.objects.filter(seq__lte=2), KEPT + timedelta(minutes=1))
    prune()


def test_seven_days_are_kept():
    assert timedelta(days=7) == KEPT


def test_what_is_older_goes_and_the_rest_stays(alice, log):
    assert list(Entry.objects.order_by("seq").values_list("seq", flat=True)) == [3, 4, 5]
    assert Head.objects.get(user=alice).last_seq == 5


@pytest.mark.parametrize(("cursor", "expected"), [("2", ["3", "4", "5"]), ("4", ["5"]), ("5", [])])
def test_who_has_read_that_far_goes_on(alice, log, cursor, expected):
    assert [event["id"] for event in told(alice, cursor)] == expected


@pytest.mark.parametrize("cursor", ["0", "1"])
def test_who_has_not_is_reset_to_the_end(alice, alice_client, log, cursor):
    data = poll(alice, cursor)

    assert data == {"events": [], "cursor": "5", "reset": True}
    stream = alice_client.get(f"/stream?last_event_id={cursor}").content.decode()
    assert stream == 'retry: 2000\n\nevent: reset\nid: 5\ndata: {"cursor":"5"}\n\n'


def test_a_log_that_is_empty_now_still_counts_on(alice):
    greet(alice, times=2)
    age(Entry.objects.all(), KEPT + MARGIN + timedelta(minutes=1))
    prune()

    assert (Entry.objects.count(), Payload.objects.count()) == (0, 0)
    assert poll(alice, "1")["reset"] is True
    assert told(alice, "2") == []
    greet(alice)
    assert [event["id"] for event in told(alice, "2")] == ["3"]


def test_what_is_told_of_outlasts_its_entries(alice, log):
    """They may be older than those of others by as long as a transaction takes."""
    assert Payload.objects.count() == 5
    age(Entry.objects.all(), KEPT - timedelta(minutes=1))
    prune()

    assert Entry.objects.count() == 3


def test_a_gap_is_no_silence(alice):
    """Of two that came at once, the one that was begun first may be the later in the log and the first to go."""
    greet(alice, times=4)
    age(Entry.objects.filter(seq=3), KEPT + timedelta(minutes=1))
    prune()

    assert poll(alice, "1") == {"events": [], "cursor": "4", "reset": True}


def test_pruning_twice_does_no_harm(alice, log):
    prune()

    assert cursor_of(alice) == "5"


@pytest.mark.parametrize("count", [1, 10])
def test_it_costs_the_same_however_much_there_is(alice, django_assert_num_queries, count):
    greet(alice, times=count)
    age(Entry.objects.all(), KEPT + MARGIN + timedelta(minutes=1))

    with django_assert_num_queries(2):
        prune()

    assert Payload.objects.count() == 0


def test_it_is_on_the_schedule(db):
    assert Schedule.objects.get(func="apps.live.tasks.prune").schedule_type == "H"
