import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import AuditEntry
from apps.events.models import Event
from tests.client import image_file
from tests.console.conftest import browser
from tests.factories import AttendanceFactory, EventFactory, FanOutFactory, StaffFactory, UserFactory

EVENTS = "/admin/events/event/"
ATTENDANCES = "/admin/events/attendance/"
FAN_OUTS = "/admin/notifications/fanout/"


def act(client, page, action, *rows):
    chosen = [row.pk for row in rows]
    return client.post(page, {"action": action, "_selected_action": chosen, "confirmed": "yes"}, follow=True)


def rows_of(client, page, query=None):
    return list(client.get(page, query).context["cl"].result_list)


@pytest.fixture
def colleague_client(db):
    """May look at the rows, may not moderate."""
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(colleague.groups.get().permissions.get(codename="moderate_event"))
    return browser(colleague)


def test_the_list_begins_with_the_latest_date_and_counts_who_is_going(staff_client):
    past, coming = EventFactory(past=True), EventFactory()
    AttendanceFactory.create_batch(2, event=past)
    AttendanceFactory(event=past, status="waitlisted")

    rows = rows_of(staff_client, EVENTS)

    assert rows == [coming, past]
    assert [row.attendees_count for row in rows] == [0, 2]


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("Upcoming", {}),
        ("Ongoing", {"ongoing": True}),
        ("Past", {"past": True}),
        ("Cancelled", {"past": True, "cancelled": True}),
    ],
)
def test_it_shows_how_things_stand(staff_client, state, fields):
    event = EventFactory(**fields)

    for page in (EVENTS, f"{EVENTS}{event.pk}/change/"):
        html = staff_client.get(page).content.decode()
        table = html.partition('id="changelist-form"')[2] or html
        shown = [name for name in ("Upcoming", "Ongoing", "Past", "Cancelled") if f">{name}<" in "".join(table.split())]
        assert shown == [state]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "nike"}, ["Gala"]),
        ({"q": "hamburg"}, ["Ball"]),
        ({"q": "Gala"}, ["Gala"]),
        ({"q": "NÎKE galá"}, ["Gala"]),
        ({"q": "strasse hamburg"}, ["Ball"]),
        ({"visibility__exact": "connections"}, ["Ball"]),
        ({"cancelled_at__isempty": "0"}, ["Ball"]),
        ({"cancelled_at__isempty": "1"}, ["Gala"]),
    ],
)
def test_the_list_is_searched_and_filtered(staff_client, query, found):
    EventFactory(title="Gala", host=UserFactory(username="nike", role="brand"))
    EventFactory(title="Ball", location="Straße, Hamburg", private=True, cancelled=True)

    assert [event.title for event in rows_of(staff_client, EVENTS, query)] == found


def test_an_event_leads_to_those_who_take_part(staff_client):
    event = EventFactory()
    attendance = AttendanceFactory(event=event)
    AttendanceFactory()
    link = f"{ATTENDANCES}?event__id__exact={event.pk}"

    assert f'href="{link}"' in staff_client.get(f"{EVENTS}{event.pk}/change/").content.decode()
    assert rows_of(staff_client, link) == [attendance]


@pytest.mark.parametrize("visibility", ["public", "connections"])
def test_a_cover_is_shown_through_the_private_view(staff_client, visibility):
    event = EventFactory(covered=True, visibility=visibility)

    html = staff_client.get(f"{EVENTS}{event.pk}/change/").content.decode()
    noted = AuditEntry.objects.count()
    link = re.search(r'<img src="(/api[^"]+)"', html)[1]

    assert link.startswith(f"/api/v1/files/event/{event.pk}?sig=")
    assert b"".join(staff_client.get(link).streaming_content) == image_file().read()
    assert noted == AuditEntry.objects.count() == (visibility == "connections")


@pytest.mark.parametrize(
    ("why", "text"),
    [("no cover", False), ("cancelled", True), ("the host is inactive", True), ("no moderator", True)],
)
def test_who_may_not_see_a_cover_has_no_link_to_it(staff_client, colleague_client, why, text):
    event = EventFactory(
        covered=why != "no cover",
        cancelled=why == "cancelled",
        private=True,
        host__is_active=why != "the host is inactive",
    )

    page = (colleague_client if why == "no moderator" else staff_client).get(f"{EVENTS}{event.pk}/change/")

    assert page.status_code == 200
    assert "/api/v1/files/" not in page.content.decode()
    assert ("You cannot see the cover" in page.content.decode()) == text


def test_moderators_take_events_down(staff, staff_client, run_jobs):
    events = EventFactory.create_batch(2)
    person = AttendanceFactory(event=events[0]).user
    before = EventFactory(cancelled=True, title="Long ago")

    page = act(staff_client, EVENTS, "take_down", *events, before)
    run_jobs()

    assert "Took down 3 events." in page.content.decode()
    assert not Event.objects.filter(cancelled_at=None, removed_at=None).exists()
    assert [row.message for row in person.notifications.all()] == ["Summer Gala was cancelled."]
    entries = AuditEntry.objects.order_by("pk").values_list("actor", "action", "target")
    targets = {f"events.event:{event.pk}" for event in [*events, before]}
    assert {target for _, _, target in entries} == targets
    assert {(actor, action) for actor, action, _ in entries} == {(staff.pk, "event.taken_down")}


def test_moderators_remove_people(staff, staff_client, run_jobs):
    event = EventFactory(capacity=1)
    going = AttendanceFactory(event=event, user__username="bob")
    waiting = AttendanceFactory(event=event, status="waitlisted")

    page = act(staff_client, ATTENDANCES, "remove", going)
    run_jobs()

    assert "Removed 1 people." in page.content.decode()
    assert list(event.attendances.values_list("user", "status")) == [(waiting.user_id, "going")]
    assert [row.message for row in waiting.user.notifications.all()] == ["You are now going to Summer Gala"]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.person.username) == (staff, "event.attendee_removed", "bob")
    assert entry.target == f"events.event:{event.pk}"


def test_who_may_only_look_changes_nothing(colleague_client):
    attendance = AttendanceFactory()

    act(colleague_client, EVENTS, "take_down", attendance.event)
    act(colleague_client, ATTENDANCES, "remove", attendance)

    attendance.event.refresh_from_db()
    assert attendance.event.removed_at is None
    assert attendance.event.attendances.count() == 1
    assert "Cancel selected events" not in colleague_client.get(EVENTS).content.decode()
    assert "Remove selected people" not in colleague_client.get(ATTENDANCES).content.decode()


@pytest.mark.parametrize(("query", "found"), [({"q": "bob"}, "bob"), ({"q": "ball"}, "carol"), ({}, "carol")])
def test_attendances_are_searched(staff_client, query, found):
    AttendanceFactory(user__username="bob")
    AttendanceFactory(user__username="carol", event__title="Ball")

    assert rows_of(staff_client, ATTENDANCES, query)[0].user.username == found


def test_attendances_are_filtered_by_status(staff_client):
    waiting = AttendanceFactory(status="waitlisted")
    AttendanceFactory()

    assert rows_of(staff_client, ATTENDANCES, {"status__exact": "waitlisted"}) == [waiting]


@pytest.mark.parametrize(
    ("hours", "is_finished", "state"),
    [
        (None, False, "Telling"),
        (None, True, "Told"),
        (1, False, "Postponed"),
        (-1, False, "Telling"),
        (-1, True, "Told"),
    ],
)
def test_a_fan_out_says_in_which_state_it_is(boss_client, hours, is_finished, state):
    now = timezone.now()
    until = hours and now + timedelta(hours=hours)
    FanOutFactory(postponed_until=until, finished_at=now if is_finished else None)

    assert f">{state}<" in "".join(boss_client.get(FAN_OUTS).text.split())


def test_fan_outs_show_how_far_they_are(boss_client):
    now = timezone.now()
    told = FanOutFactory(key="event_hosted:7", created_at=now - timedelta(days=1), finished_at=now)
    telling = FanOutFactory(key="event_joined:8:9")

    assert rows_of(boss_client, FAN_OUTS) == [telling, told]
    assert rows_of(boss_client, FAN_OUTS, {"finished_at__isempty": "1"}) == [telling]
    assert rows_of(boss_client, FAN_OUTS, {"q": "hosted:7"}) == [told]
