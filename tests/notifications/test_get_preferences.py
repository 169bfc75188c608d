import importlib

import pytest
from django.apps import apps

from apps.notifications.models import NotificationType, Preferences, TypePreference
from tests.client import ApiClient
from tests.factories import TypePreferenceFactory, UserFactory
from tests.races import together

URL = "/notifications/preferences"
DIGESTED = {"event_hosted", "event_joined", "project_updated", "announcement"}


def preferences(client):
    response = client.get(URL)
    assert response.status_code == 200
    return response.json()["data"]


def test_everything_is_on_until_somebody_chooses(alice, alice_client):
    body = preferences(alice_client)

    kind = NotificationType.objects.get(code="message_received")
    by_code = {row["notification_type"]["code"]: row for row in body["type_preferences"]}
    assert set(body) == {"user_id", "enable_in_app", "enable_email", "enable_push", "type_preferences"}
    assert (body["user_id"], body["enable_in_app"], body["enable_email"], body["enable_push"]) == (
        *(alice.pk, True, True, True),
    )
    assert by_code["message_received"] == {
        "id": TypePreference.objects.get(preferences=alice.pk, kind=kind).pk,
        "notification_type": {
            "id": kind.pk,
            "code": "message_received",
            "name": kind.name,
            "description": kind.description,
            "is_active": True,
        },
        "frequency": "immediate",
    }


def test_what_audiences_are_told_is_digested_unless_somebody_chooses(alice_client):
    rows = preferences(alice_client)["type_preferences"]

    frequencies = {row["notification_type"]["code"]: row["frequency"] for row in rows}
    assert frequencies.keys() == set(NotificationType.objects.values_list("code", flat=True))
    assert {code for code, frequency in frequencies.items() if frequency != "immediate"} == DIGESTED
    assert {frequencies[code] for code in DIGESTED} == {"daily_digest"}


def test_reading_again_says_the_same(alice_client):
    assert preferences(alice_client) == preferences(alice_client)


def test_they_are_ones_own(alice, alice_client):
    TypePreferenceFactory(preferences__user=UserFactory(), user=UserFactory())
    mine = TypePreferenceFactory(user=alice, code="welcome", frequency="weekly_summary")

    rows = {row["notification_type"]["code"]: row for row in preferences(alice_client)["type_preferences"]}

    assert (rows["welcome"]["id"], rows["welcome"]["frequency"]) == (mine.pk, "weekly_summary")
    assert rows["follow_request"]["frequency"] == "immediate"


def test_types_that_are_added_later_appear_by_themselves(alice, alice_client):
    before = preferences(alice_client)["type_preferences"]
    NotificationType.objects.create(code="new_kind", family="system", default_frequency="weekly_summary")

    *others, new = preferences(alice_client)["type_preferences"]

    assert others == before
    assert (new["notification_type"]["code"], new["frequency"]) == ("new_kind", "weekly_summary")


def test_a_type_that_is_switched_off_is_not_there_meanwhile(alice, alice_client):
    before = preferences(alice_client)
    NotificationType.objects.filter(code="welcome").update(is_active=False)

    codes = [row["notification_type"]["code"] for row in preferences(alice_client)["type_preferences"]]
    NotificationType.objects.filter(code="welcome").update(is_active=True)

    assert "welcome" not in codes
    assert preferences(alice_client) == before


@pytest.mark.django_db(transaction=True)
def test_first_reads_at_once_make_one_row_of_each():
    alice = UserFactory()

    together(*[lambda: preferences(ApiClient(alice))] * 4)

    assert Preferences.objects.count() == 1
    assert TypePreference.objects.count() == NotificationType.objects.count()


@pytest.mark.parametrize("count", [1, 40])
def test_its_query_count_does_not_grow(alice_client, django_assert_num_queries, count):
    for number in range(count):
        NotificationType.objects.create(code=f"new_{number}", family="system")
    preferences(alice_client)

    with django_assert_num_queries(4):  # who you are, channels, types without a row, types
        preferences(alice_client)


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401


def test_types_from_before_get_their_defaults(alice_client):
    NotificationType.objects.update(default_frequency="immediate")

    migration = importlib.import_module("apps.notifications.migrations.0006_preferences")
    migration.digest_what_audiences_are_told(apps, None)

    rows = preferences(alice_client)["type_preferences"]
    assert {row["notification_type"]["code"] for row in rows if row["frequency"] == "daily_digest"} == DIGESTED
