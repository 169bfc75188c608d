"""What people want to hear, for whoever is asked why somebody hears nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications.services import preferences_of
from tests.factories import PreferencesFactory, TypePreferenceFactory, UserFactory

LIST = "/admin/notifications/preferences/"


def test_the_list_says_how_many_types_somebody_disabled(staff_client):
    bob, carol = UserFactory(username="bob"), UserFactory(username="carol")
    for code in ("welcome", "follow_request"):
        TypePreferenceFactory(user=bob, code=code)
    TypePreferenceFactory(user=bob, code="event_hosted", frequency="immediate")
    PreferencesFactory(user=carol)

    rows = staff_client.get(LIST).context["cl"].result_list

    assert {row.user.username: row.types_disabled for row in rows} == {"bob": 2, "carol": 0}


@pytest.mark.parametrize("name", ["bob", "BO"])
def test_one_finds_a_person(staff_client, name):
    PreferencesFactory(user__username="bob")
    PreferencesFactory(user__username="bobby")

    rows = staff_client.get(LIST, {"q": name}).context["cl"].result_list

    assert [row.user.username for row in rows] == (["bob"] if name == "bob" else [])


def test_the_page_shows_what_somebody_chose_in_a_few_queries(staff_client):
    bob = UserFactory()
    TypePreferenceFactory(user=bob, code="event_hosted", frequency="weekly_summary", email_enabled=False)
    page = f"{LIST}{bob.pk}/change/"
    staff_client.get(page)

    with CaptureQueriesContext(connection) as few:
        shown = staff_client.get(page).content.decode()
    preferences_of(bob)
    with CaptureQueriesContext(connection) as many:
        staff_client.get(page)

    assert "Event hosted" in shown
    assert "Weekly Summary" in shown
    assert len(many) == len(few)
