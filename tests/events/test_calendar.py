import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from icalendar import Calendar

from tests.client import ApiClient
from tests.events.people import in_days, join
from tests.factories import AttendanceFactory, BlockFactory, EventFactory, UserFactory


def read(response):
    """Its entries, parsed."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(response.content)
    assert (str(calendar["VERSION"]), str(calendar["METHOD"])) == ("2.0", "PUBLISH")
    assert "Infloo" in calendar["PRODID"]
    return calendar.walk("VEVENT")


def entry_of(client, event):
    (entry,) = read(client.get(f"/events/{event.pk}/calendar.ics"))
    return entry


def path_of(response):
    """The personal feed's, as a calendar program asks for it."""
    parts = urlsplit(response.json()["data"]["url"])
    return f"{parts.path.removeprefix('/api/v1')}?{parts.query}"


def feed(client):
    """By title: what a calendar program reads at the personal address."""
    entries = read(ApiClient().get(path_of(client.get("/events/calendar"))))
    return {str(entry["SUMMARY"]): entry for entry in entries}


def test_it_says_what_happens_when_and_where(event, settings):
    event.description, event.end_date = "Music; food, and more", in_days(8).replace(microsecond=0)
    event.set_derived_fields()
    event.save()

    entry = entry_of(ApiClient(), event)

    assert (str(entry["SUMMARY"]), str(entry["LOCATION"])) == ("Summer Gala", "Berlin")
    assert str(entry["DESCRIPTION"]) == "Music; food, and more"
    assert entry["DTSTART"].dt == event.date.replace(microsecond=0)
    assert entry["DTEND"].dt == event.end_date
    assert entry["DTSTART"].to_ical().endswith(b"Z")
    assert (entry["SEQUENCE"], str(entry["STATUS"])) == (0, "CONFIRMED")
    assert str(entry["URL"]) == f"{settings.PUBLIC_URL}/api/v1/events/{event.pk}"
    assert entry["DTSTAMP"].dt == event.updated_at.replace(microsecond=0)


def test_without_an_end_it_lasts_a_day(event):
    entry = entry_of(ApiClient(), event)

    assert entry["DTEND"].dt - entry["DTSTART"].dt == timedelta(hours=24)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("a\nb\tc", "a\nb\tc"),
        ("a,b;c\\d", "a,b;c\\d"),
        ("BEGIN:VEVENT\r\nEND:VEVENT", "BEGIN:VEVENT\nEND:VEVENT"),
        ("é" * 200, "é" * 200),
        ("👩‍🚀 " * 40 + "🎉", "👩‍🚀 " * 40 + "🎉"),
        ("a\rb", "a\nb"),
        ("a\x07\x0b\x1b\x7f\x85\x9fb", "ab"),
        ("a\u2028b\u2029c", "a\u2028b\u2029c"),
    ],
)
def test_whatever_is_stored_stays_within_its_line(host, stored, shown):
    event = EventFactory(host=host, title=stored[:200], description=stored, location=stored[:200])

    content = ApiClient().get(f"/events/{event.pk}/calendar.ics").content
    entry = entry_of(ApiClient(), event)

    assert [str(entry[name]) for name in ("SUMMARY", "DESCRIPTION", "LOCATION")] == [shown[:200], shown, shown[:200]]
    assert re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", content) is None
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_its_name_stays_and_its_version_rises(host_client, event):
    entries = [entry_of(ApiClient(), event)]
    for changes in ({"title": "New"}, {"location": "Bonn"}, {"capacity": 4}, {}):
        host_client.patch(f"/events/{event.pk}", changes)
        entries.append(entry_of(ApiClient(), event))

    assert {str(entry["UID"]) for entry in entries} == {f"{event.uid}@infloo"}
    assert [entry["SEQUENCE"] for entry in entries] == [0, 1, 2, 3, 3]
    assert str(entries[1]["SUMMARY"]) == "New"


def test_no_two_events_share_a_name(db):
    names = {str(entry_of(ApiClient(), event)["UID"]) for event in EventFactory.create_batch(3)}

    assert len(names) == 3


def test_the_feed_has_an_address_of_its_own(alice_client, settings, monkeypatch):
    response = alice_client.get("/events/calendar")
    later = timezone.now().timestamp() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    body = response.json()
    assert (response.status_code, body["message"], body["data"].keys()) == (200, "OK", {"url"})
    assert body["data"]["url"].startswith(f"{settings.PUBLIC_URL}/api/v1/events/calendar.ics?token=")
    assert alice_client.get("/events/calendar").json() == body
    assert read(ApiClient().get(path_of(response))) == []


def test_the_feed_has_a_name_and_says_when_to_ask_again(alice_client, event):
    content = ApiClient().get(path_of(alice_client.get("/events/calendar"))).content
    feed = set(content.split(b"\r\n"))

    assert {b"NAME:Infloo", b"X-WR-CALNAME:Infloo"} <= feed
    assert {b"REFRESH-INTERVAL;VALUE=DURATION:PT1H", b"X-PUBLISHED-TTL:PT1H"} <= feed
    assert b"NAME:Infloo" not in ApiClient().get(f"/events/{event.pk}/calendar.ics").content


def test_the_feed_holds_what_one_hosts_and_takes_part_in(alice):
    host = UserFactory(role="entrepreneur")
    EventFactory(host=host, title="hosted")
    for status in ("going", "interested", "waitlisted", "invited"):
        AttendanceFactory(user=host, status=status, event__title=status)
    EventFactory(title="somebody else's")

    assert list(feed(ApiClient(host))) == ["hosted", "going", "interested", "waitlisted"]


@pytest.mark.parametrize(("days", "there"), [(-89, True), (-92, False)])
def test_the_feed_reaches_back_three_months(alice, alice_client, days, there):
    AttendanceFactory(user=alice, event__date=in_days(days))

    assert bool(feed(alice_client)) == there


def test_the_feed_tells_that_an_event_was_cancelled(alice, alice_client, host_client, event):
    AttendanceFactory(event=event, user=alice)
    before = feed(alice_client)["Summer Gala"]

    host_client.delete(f"/events/{event.pk}")

    after = feed(alice_client)["Summer Gala"]
    assert (str(before["STATUS"]), str(after["STATUS"])) == ("CONFIRMED", "CANCELLED")
    assert str(before["UID"]) == str(after["UID"])
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert ApiClient().get(f"/events/{event.pk}/calendar.ics").status_code == 404


@pytest.mark.parametrize("by_host", [True, False])
def test_the_feed_hides_the_events_of_blocked_hosts(alice, alice_client, host, event, by_host):
    AttendanceFactory(event=event, user=alice)
    BlockFactory(blocker=host if by_host else alice, blocked=alice if by_host else host)

    assert feed(alice_client) == {}


def test_the_feed_hides_what_a_closed_account_hosted(alice, alice_client, host, event):
    AttendanceFactory(event=event, user=alice)
    host.is_active = False
    host.save()

    assert feed(alice_client) == {}


def test_a_new_address_ends_the_former_one(alice_client):
    former = path_of(alice_client.get("/events/calendar"))

    response = alice_client.post("/events/calendar")

    assert response.status_code == 200
    assert path_of(response) != former
    assert path_of(response) == path_of(alice_client.get("/events/calendar"))
    assert ApiClient().get(path_of(response)).status_code == 200
    assert ApiClient().get(former).status_code == 404


def test_the_first_address_may_be_asked_for_either_way(alice_client):
    assert ApiClient().get(path_of(alice_client.post("/events/calendar"))).status_code == 200


def test_one_person_s_new_address_leaves_the_others_alone(alice_client, host_client):
    address = path_of(host_client.get("/events/calendar"))

    alice_client.post("/events/calendar")
    alice_client.post("/events/calendar")

    assert ApiClient().get(address).status_code == 200


@pytest.mark.parametrize("token", ["", "abc", "a:b:c"])
def test_a_wrong_token_opens_nothing(db, token):
    response = ApiClient().get(f"/events/calendar.ics?token={token}")

    assert (response.status_code, response.json()["detail"]) == (404, "Not found.")


def test_it_opens_nothing_else(alice_client):
    token = path_of(alice_client.get("/events/calendar")).partition("token=")[2]

    assert ApiClient().get("/notifications", authorization=f"Bearer {token}").status_code == 401
    assert ApiClient().get("/notifications", authorization="").status_code == 401


def test_the_feed_of_a_closed_account_is_closed(alice, alice_client):
    address = path_of(alice_client.get("/events/calendar"))
    alice.is_active = False
    alice.save()

    assert ApiClient().get(address).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_address_is_told_only_to_its_owner(db, method):
    assert ApiClient().call(method, "/events/calendar").status_code == 401


def test_who_joins_finds_it_in_their_calendar(alice_client, event):
    join(alice_client, event)

    assert list(feed(alice_client)) == ["Summer Gala"]
