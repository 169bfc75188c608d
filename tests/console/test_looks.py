"""What the pages of the console have in common: people with pictures, the words of the navigation, times, no noise."""

import json
import re
from datetime import UTC, datetime

import pytest

from apps.accounts.console import joined_by_month
from apps.accounts.models import User
from tests.factories import (
    AttendanceFactory,
    BlockFactory,
    ConnectionFactory,
    DocumentFactory,
    EventFactory,
    FanOutFactory,
    UserFactory,
)


def html(client, path: str, query: dict[str, str] | None = None) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_person_is_shown_with_name_username_and_picture(staff_client):
    ann = UserFactory(username="ann", first_name="Ann", last_name="Lee", profile__avatar="avatars/a.webp")
    ConnectionFactory(sender=ann)

    page = html(staff_client, "/admin/social/connection/")

    assert re.search(r'src="[^"]*/avatars/a\.webp".*?>Ann Lee</strong>.*?\sann\s', page, re.DOTALL)


def test_nobody_is_a_dash(boss_client):
    FanOutFactory(actor=None)

    page = html(boss_client, "/admin/notifications/fanout/")

    assert re.search(r'data-label="who did it">.*?>-</strong>', page, re.DOTALL)


@pytest.mark.parametrize(
    ("state", "is_shown"), [({}, True), ({"private": True}, False), ({"cancelled": True}, False)], ids=str
)
def test_the_list_of_events_shows_the_covers_that_anybody_may_see(staff_client, client, state, is_shown):
    event = EventFactory(covered=True, **state)

    shown = re.findall(r'src="[^"]*(/api/v1/files/event/\d+)"', html(staff_client, "/admin/events/event/"))

    assert shown == ([f"/api/v1/files/event/{event.pk}"] if is_shown else [])
    assert not shown or client.get(shown[0]).status_code == 200


def test_the_covers_of_somebody_who_was_switched_off_are_not_shown(staff_client):
    EventFactory(covered=True, host__is_active=False)

    assert "/api/v1/files/" not in html(staff_client, "/admin/events/event/")


@pytest.mark.parametrize(("capacity", "places"), [(None, "2"), (12, "2\xa0of\xa012")])
def test_the_list_of_events_says_how_many_places_are_taken(staff_client, capacity, places):
    AttendanceFactory.create_batch(2, event=EventFactory(capacity=capacity))

    assert f'data-label="going">{places}</td>' in html(staff_client, "/admin/events/event/")


@pytest.mark.parametrize(
    ("page", "way"),
    [
        ("/admin/core/auditentry/", ["Operations", "Audit trail"]),
        ("/admin/django_q/ormq/", ["Operations", "Waiting jobs"]),
        ("/admin/events/event/", ["Events"]),
        ("/admin/", ["Overview"]),
    ],
)
def test_a_page_is_called_as_in_the_navigation(boss_client, page, way):
    assert crumbs(html(boss_client, page)) == way


def test_a_row_keeps_the_letters_of_its_name(boss_client):
    ann = UserFactory(username="ann_lee")

    assert crumbs(html(boss_client, f"/admin/accounts/user/{ann.pk}/change/")) == ["People", "Users", "ann_lee"]


@pytest.mark.parametrize(
    ("make", "address", "name"),
    [
        (lambda: AttendanceFactory(user__username="ann", event__title="Gala"), "events/attendance", "ann at Gala"),
        (lambda: BlockFactory(blocker__username="ann", blocked__username="bob"), "accounts/block", "ann blocks bob"),
    ],
)
def test_rows_are_called_by_names_and_not_by_numbers(boss_client, make, address, name):
    page = html(boss_client, f"/admin/{address}/{make().pk}/change/")

    assert crumbs(page)[-1] == name


def crumbs(page: str) -> list[str]:
    heading = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert heading
    return re.findall(r'tracking-tight">(.*?)</', heading[0])


def test_times_are_short_and_do_not_break(boss_client):
    UserFactory(date_joined=datetime(2026, 3, 7, 16, 5, tzinfo=UTC))

    assert "7\xa0Mar\xa02026,\xa016:05" in html(boss_client, "/admin/accounts/user/")


def test_show_all_is_offered_only_where_something_is_hidden(boss_client):
    UserFactory(username="ann")

    assert "Show all" not in html(boss_client, "/admin/accounts/user/")
    assert "Show all" in html(boss_client, "/admin/accounts/user/", {"q": "ann"})
    assert "Show all" in html(boss_client, "/admin/accounts/user/", {"is_verified__exact": "0"})


def test_an_empty_list_says_whether_anything_was_looked_for(boss_client):
    assert "Nothing here" in html(boss_client, "/admin/events/event/")
    assert "Nothing was found" in html(boss_client, "/admin/events/event/", {"q": "gala"})


def test_the_list_of_documents_leads_to_the_review(staff_client):
    waiting, decided = DocumentFactory(), DocumentFactory(approved=True)

    page = html(staff_client, "/admin/accounts/document/")

    links = re.findall(r'href="/admin/work/documents/(\d+)/"[^>]*>(.*?)</a>', page)
    assert links == [(str(waiting.pk), "Review"), (str(decided.pk), "Look again")]


def panels(page) -> dict[str, dict]:
    return {panel["title"]: panel["content"] for panel in page.context["panels"]}


def test_the_first_page_leads_to_what_waits_and_what_is_to_come(staff_client):
    document, event = DocumentFactory(), EventFactory(title="Gala", capacity=5)
    EventFactory(past=True)
    EventFactory(cancelled=True)

    page = staff_client.get("/admin/")

    [waiting] = panels(page)["Documents that wait"]["rows"]
    [coming] = panels(page)["Next events"]["rows"]
    assert f"/admin/work/documents/{document.pk}/" in waiting[0]
    assert f"/admin/events/event/{event.pk}/change/" in coming[0]
    assert coming[2] == "0\xa0of\xa05"


def test_who_may_not_review_is_not_shown_what_waits(staff_client, staff):
    DocumentFactory()
    staff.groups.get().permissions.remove(staff.groups.get().permissions.get(codename="review_document"))

    assert "Documents that wait" not in panels(staff_client.get("/admin/"))


def test_the_first_page_counts_who_joined_in_each_month_of_a_year(db, monkeypatch, boss):
    User.objects.update(date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    for moment in ("2026-01-31 23:59", "2026-02-01", "2025-03-01", "2025-02-28"):
        UserFactory(date_joined=datetime.fromisoformat(moment).replace(tzinfo=UTC))
    monkeypatch.setattr("apps.accounts.console.timezone.now", lambda: datetime(2026, 2, 3, tzinfo=UTC))

    chart = json.loads(joined_by_month(boss))

    assert (chart["labels"][0], chart["labels"][-1]) == ("Mar 25", "Feb 26")
    assert chart["datasets"][0]["data"] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
