import pytest

from apps.notifications.models import Frequency, NotificationType, TypePreference
from tests.client import ApiClient
from tests.factories import TypePreferenceFactory, UserFactory

URL = "/notifications/preferences/types"


@pytest.fixture
def kind(db) -> NotificationType:
    return NotificationType.objects.get(code="message_received")


@pytest.mark.parametrize("frequency", Frequency.values)
def test_one_chooses_how_soon_one_hears_of_a_type(alice, alice_client, kind, frequency):
    other = TypePreferenceFactory(code="message_received", frequency="immediate")

    response = alice_client.patch(URL, {"notification_type_id": kind.pk, "frequency": frequency.upper()})

    mine = TypePreference.objects.get(preferences=alice.pk, kind=kind)
    body = response.json()["data"]
    assert response.status_code == 200
    assert set(body) == {"id", "notification_type", "frequency", "created_at", "updated_at"}
    assert (body["id"], body["frequency"], mine.frequency) == (mine.pk, frequency, frequency)
    assert set(body["notification_type"]) == {"id", "code", "name", "description", "is_active"}
    assert body["notification_type"]["id"] == kind.pk
    assert body["created_at"] < body["updated_at"]
    listed = alice_client.get("/notifications/preferences").json()["data"]["type_preferences"]
    changed = {name: body[name] for name in ("id", "notification_type", "frequency")}
    assert [row for row in listed if row["id"] == mine.pk] == [changed]
    other.refresh_from_db()
    assert other.frequency == "immediate"


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"notification_type_id": ["This field is required."], "frequency": ["This field is required."]}),
        (
            {"notification_type_id": "three", "frequency": "disabled"},
            {"notification_type_id": ["A valid integer is required."]},
        ),
        (
            {"notification_type_id": 1, "frequency": "invalid_freq"},
            {"frequency": ['"invalid_freq" is not a valid choice.']},
        ),
        (
            {"notification_type_id": 1, "frequency": None},
            {"frequency": ["This field may not be null."]},
        ),
        (
            {"notification_type_id": 10**9, "frequency": "x"},
            {"frequency": ['"x" is not a valid choice.']},
        ),
    ],
)
def test_what_is_wrong_is_named(alice_client, body, details):
    response = alice_client.patch(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == details


@pytest.mark.parametrize("is_there", [False, True])
def test_a_type_that_is_unknown_or_switched_off_is_not_found(alice_client, kind, is_there):
    NotificationType.objects.filter(pk=kind.pk).update(is_active=False)
    number = kind.pk if is_there else 10**9

    response = alice_client.patch(URL, {"notification_type_id": number, "frequency": "disabled"})

    assert response.status_code == 404
    assert response.json() == {
        "error": "Notification type preference not found",
        "detail": "Notification type preference not found",
        "code": "not_found",
        "status_code": 404,
    }


def test_it_asks_who_is_calling(db):
    assert ApiClient(None).patch(URL, {}).status_code == 401
    assert ApiClient(UserFactory()).patch(URL, {}).status_code == 400
