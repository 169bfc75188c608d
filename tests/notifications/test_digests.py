"""Once a day or once a week, at eight o'clock where somebody lives, one mail tells of what is new and unread."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Profile, User
from apps.core.models import OutgoingMail, RefusedAddress
from apps.core.tasks import deliver_due_mails
from apps.notifications import digests
from apps.notifications.models import Digest, DigestRun, Notification
from apps.notifications.tasks import prune_digests, send_digests
from tests.client import ApiClient
from tests.factories import NotificationFactory, PreferencesFactory, TypePreferenceFactory, UserFactory
from tests.races import together


class Clock:
    """Shows the time that the test sets it to."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def set(self, text: str, zone: str = "UTC") -> None:
        """To a local time there, as in `2027-03-28 08:00`."""
        self.moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock(datetime(2027, 3, 10, tzinfo=UTC))
    monkeypatch.setattr(timezone, "now", clock.now)
    return clock


def person(name: str, zone: str = "", **fields) -> User:
    user = UserFactory(**{"username": name, "email": f"{name}@infloo.in", "email_verified": True} | fields)
    Profile.objects.filter(user=user).update(timezone=zone)
    return user


def tell(user: User, message: str = "bob hosts a party", code: str = "event_hosted", **fields) -> Notification:
    return NotificationFactory(receiver=user, message=message, code=code, created_at=timezone.now(), **fields)


def sent() -> list[str]:
    """What the schedule sends now: to whom, and the messages in it."""
    mail.outbox = []
    send_digests()
    deliver_due_mails()
    return [
        ": ".join([message.to[0].split("@")[0], *(line[2:] for line in message.body.splitlines() if line[:2] == "- ")])
        for message in mail.outbox
    ]


# When


DAYS_AND_NIGHTS = [
    # Berlin goes from +1 to +2 on 28 March and back on 31 October, New York from -5 to -4 on 14 March and back on
    # 7 November; Kathmandu is at +5:45 all year.
    ("Europe/Berlin", "2027-03-27", "07:00"),
    ("Europe/Berlin", "2027-03-28", "06:00"),
    ("Europe/Berlin", "2027-10-30", "06:00"),
    ("Europe/Berlin", "2027-10-31", "07:00"),
    ("America/New_York", "2027-03-13", "13:00"),
    ("America/New_York", "2027-03-14", "12:00"),
    ("America/New_York", "2027-11-07", "13:00"),
    ("Asia/Kathmandu", "2027-03-28", "02:15"),
    ("", "2027-03-28", "08:00"),
]


@pytest.mark.parametrize(("zone", "day", "utc"), DAYS_AND_NIGHTS)
def test_it_comes_at_eight_in_the_morning_and_once(db, clock, zone, day, utc):
    clock.set(f"{day} {utc}")
    clock.moment -= timedelta(minutes=1)
    alice = person("alice", zone)
    tell(alice)
    assert sent() == []

    clock.moment += timedelta(minutes=1)
    assert sent() == ["alice: bob hosts a party"]

    for minutes in (1, 14, 60, 6 * 60):
        clock.moment += timedelta(minutes=minutes)
        assert sent() == []


@pytest.mark.sqlite
def test_each_zone_has_its_own_morning_over_a_change_of_clock(db, clock):
    people = {name: person(name, zone) for name, zone in [("b", "Europe/Berlin"), ("n", "America/New_York"), ("u", "")]}
    arrived = []
    clock.set("2027-03-26 23:00")
    for _ in range(3 * 24):
        if clock.moment.hour == 23:
            for user in people.values():
                tell(user, f"of the {clock.moment.day}th")
        arrived += [f"{clock.moment:%d %H:%M} {text}" for text in sent()]
        clock.moment += timedelta(hours=1)

    assert arrived == [
        *("27 07:00 b: of the 26th", "27 08:00 u: of the 26th", "27 12:00 n: of the 26th"),
        *("28 06:00 b: of the 27th", "28 08:00 u: of the 27th", "28 12:00 n: of the 27th"),
        *("29 06:00 b: of the 28th", "29 08:00 u: of the 28th", "29 12:00 n: of the 28th"),
    ]


@pytest.mark.sqlite
def test_a_week_ends_on_monday_where_somebody_lives(db, clock):
    """At the same moment it is Monday in Auckland and still Sunday in Honolulu, which are 23 hours apart in March."""
    clock.set("2027-03-07 12:00", "Pacific/Auckland")
    people = [person("a", "Pacific/Auckland"), person("h", "Pacific/Honolulu")]
    for user in people:
        TypePreferenceFactory(user=user, code="event_hosted", frequency="weekly_summary")
        tell(user)
    arrived = {}
    for hours in range(0, 48, 2):
        clock.set("2027-03-07 01:00")
        clock.moment += timedelta(hours=hours)
        arrived |= {f"{clock.moment:%a %H}": texts for texts in [sent()] if texts}

    assert arrived == {"Sun 19": ["a: bob hosts a party"], "Mon 19": ["h: bob hosts a party"]}
    assert mail.outbox == []


def test_what_the_worker_missed_is_made_up_for_the_same_morning(db, clock):
    clock.set("2027-03-10 07:00")
    tell(person("alice"))
    clock.set("2027-03-10 10:40")

    assert sent() == ["alice: bob hosts a party"]
    assert sent() == []


def test_what_it_missed_for_longer_comes_the_next_morning(db, clock):
    clock.set("2027-03-10 07:00")
    tell(person("alice"))
    clock.set("2027-03-10 14:00")
    assert sent() == []

    clock.set("2027-03-11 08:00")
    assert sent() == ["alice: bob hosts a party"]


# What


def test_it_tells_only_what_is_new_and_unread(db, clock):
    clock.set("2027-03-09 12:00")
    alice, bob = person("alice"), person("bob")
    tell(alice, "the first")
    tell(alice, "was read", is_read=True)
    tell(alice, "has expired", expires_at=clock.moment + timedelta(hours=1))
    tell(alice, "at once", code="follow_request")
    tell(bob, "of another")
    clock.set("2027-03-10 08:00")
    assert sent() == ["alice: the first", "bob: of another"]

    clock.set("2027-03-10 09:00")
    tell(alice, "the second")
    clock.set("2027-03-11 08:00")
    assert sent() == ["alice: the second"]


def test_there_is_none_without_news(db, clock):
    alice = person("alice")
    tell(alice, is_read=True)
    clock.set("2027-03-10 08:00")

    assert sent() == []
    assert not Digest.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_what_was_read_before_it_left_is_not_in_it(db, clock):
    alice = person("alice")
    tell(alice, "read")
    tell(alice, "unread")
    clock.set("2027-03-10 08:00")
    send_digests()
    Notification.objects.filter(message="read").update(is_read=True)
    assert sent() == ["alice: unread"]

    clock.set("2027-03-11 07:00")
    tell(alice)
    clock.set("2027-03-11 08:00")
    send_digests()
    ApiClient(alice).post("/notifications/read", {})
    assert sent() == []


def test_the_newest_come_first_and_the_rest_is_counted(db, clock, monkeypatch):
    monkeypatch.setattr("apps.notifications.mails.SHOWN", 2)
    alice = person("alice")
    for number in range(4):
        tell(alice, f"event {number}")
    clock.set("2027-03-10 08:00")

    assert sent() == ["alice: event 3: event 2: and 2 more"]
    assert "<li>event 3</li>" in mail.outbox[0].alternatives[0][0]
    assert "<li>and 2 more</li>" in mail.outbox[0].alternatives[0][0]


def test_daily_and_weekly_are_two_mails(db, clock):
    alice = person("alice")
    TypePreferenceFactory(user=alice, code="event_joined", frequency="weekly_summary")
    tell(alice, "daily")
    tell(alice, "weekly", code="event_joined")
    clock.set("2027-03-11 08:00")
    assert sent() == ["alice: daily"]

    clock.set("2027-03-15 08:00")
    assert sent() == ["alice: weekly"]


@pytest.mark.parametrize(
    "kept_away",
    [
        lambda user: PreferencesFactory(user=user, enable_email=False),
        lambda user: TypePreferenceFactory(
            user=user, code="event_hosted", frequency="daily_digest", email_enabled=False
        ),
        lambda user: TypePreferenceFactory(user=user, code="event_hosted", frequency="immediate"),
        lambda user: TypePreferenceFactory(user=user, code="event_hosted", frequency="weekly_summary"),
        lambda user: User.objects.filter(pk=user.pk).update(email_verified=False),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(email="alice@demo.example"),
        lambda user: RefusedAddress.objects.mark(user.email),
    ],
)
def test_whom_it_does_not_reach_gets_none(db, clock, kept_away):
    alice = person("alice")
    tell(alice)
    kept_away(alice)
    clock.set("2027-03-10 08:00")

    assert sent() == []
    assert not Digest.objects.exists()


def test_who_is_shown_nothing_in_the_product_gets_one(db, clock):
    alice = person("alice")
    PreferencesFactory(user=alice, enable_in_app=False)
    tell(alice)
    clock.set("2027-03-10 08:00")

    assert sent() == ["alice: bob hosts a party"]


# Many, and several at once


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 10])
def test_they_are_told_in_batches(db, clock, monkeypatch, batch):
    monkeypatch.setattr(digests, "BATCH", batch)
    for number in range(5):
        tell(person(f"p{number}"))
    clock.set("2027-03-10 08:00")

    assert sent() == [f"p{number}: bob hosts a party" for number in range(5)]
    assert not DigestRun.objects.unfinished().exists()


def test_a_run_that_was_killed_goes_on_where_it_was(db, clock, monkeypatch):
    monkeypatch.setattr(digests, "BATCH", 2)
    for number in range(5):
        tell(person(f"p{number}"))
    clock.set("2027-03-10 08:00")
    DigestRun.objects.create(slot=clock.moment, frequency="daily_digest")
    digests.send_batch(clock.moment, "daily_digest", [""])

    assert len(sent()) == 5
    assert sent() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_each_digest_is_sent_once(clock, monkeypatch):
    monkeypatch.setattr(digests, "BATCH", 3)
    for number in range(20):
        tell(person(f"p{number}"))
    clock.set("2027-03-10 08:00")

    together(*[send_digests] * 4)

    assert len(sent()) == 20
    assert Digest.objects.count() == 20


def test_the_cost_does_not_grow_with_people(db, clock):
    def cost(day: int, people: int) -> int:
        for number in range(people):
            tell(person(f"p{day}-{number}"))
        clock.set(f"2027-03-{day} 08:00")
        with CaptureQueriesContext(connection) as queries:
            send_digests()
        return len(queries)

    assert cost(10, 1) == cost(11, 30)
    assert Digest.objects.count() == 31


def test_old_ones_are_forgotten(db, clock):
    tell(person("alice"))
    clock.set("2027-03-10 08:00")
    send_digests()
    clock.set("2027-04-08 08:00")
    prune_digests()
    assert Digest.objects.count() == 1

    clock.set("2027-04-09 08:01")
    prune_digests()
    assert not Digest.objects.exists()
    assert not DigestRun.objects.exists()


def test_every_time_zone_has_one_morning_a_day():
    """Also where clocks are at a quarter of an hour."""
    day = datetime(2027, 3, 10, tzinfo=UTC)
    slots = [day + step * digests.STEP for step in range(24 * 4)]
    mornings = [zone for slot in slots for zone in digests.zones_of(slot, "daily_digest")]

    assert sorted(mornings) == sorted(digests.zones())
