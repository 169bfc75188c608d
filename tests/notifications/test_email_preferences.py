"""GET and PATCH /notifications/email-preferences."""

import pytest

from apps.notifications.models import NotificationType, TypePreference
from tests.client import ApiClient
from tests.factories import TypePreferenceFactory, UserFactory
from tests.races import together

URL = "/notifications/email-preferences"


def id_of(code: str) -> int:
    return NotificationType.objects.get(code=code).pk


def choice(code: str, enabled: bool) -> dict[str, object]:
    return {"notification_type_id": id_of(code), "enabled": enabled}


def disabled(client) -> set[str]:
    rows = client.get(URL).json()["data"]["types_enabled"]
    return {row["notification_type"]["code"] for row in rows if not row["enabled"]}


def test_mails_of_every_type_are_on_until_somebody_chooses(alice, alice_client):
    TypePreferenceFactory(email_enabled=False)

    response = alice_client.get(URL)

    kind = NotificationType.objects.get(code="message_received")
    body = response.json()["data"]
    assert response.status_code == 200
    assert set(body) == {"user_id", "types_enabled", "created_at", "updated_at"}
    assert body["user_id"] == alice.pk
    assert len(body["types_enabled"]) == NotificationType.objects.count()
    assert {
        "notification_type": {
            "id": kind.pk,
            "code": "message_received",
            "name": kind.name,
            "description": kind.description,
        },
        "enabled": True,
    } in body["types_enabled"]
    assert disabled(alice_client) == set()


def test_some_are_switched_and_the_others_stay(alice, alice_client):
    other = TypePreferenceFactory(code="welcome", email_enabled=True)
    alice_client.patch(URL, {"types_enabled": [choice("welcome", False), choice("follow_request", False)]})

    changes = [choice("welcome", True), choice("event_hosted", False), choice("event_joined", True)]
    response = alice_client.patch(URL, {"types_enabled": changes})

    assert response.status_code == 200
    assert disabled(alice_client) == {"follow_request", "event_hosted"}
    body = response.json()["data"]
    assert body == alice_client.get(URL).json()["data"]
    assert body["created_at"] < body["updated_at"]
    other.refresh_from_db()
    assert other.email_enabled


def test_how_soon_one_hears_is_another_choice(alice, alice_client):
    alice_client.patch(URL, {"types_enabled": [choice("welcome", False)]})

    row = TypePreference.objects.get(preferences=alice.pk, kind=id_of("welcome"))
    assert (row.email_enabled, row.frequency) == (False, "immediate")


@pytest.mark.parametrize("is_there", [False, True])
def test_all_of_them_or_none(alice_client, is_there):
    NotificationType.objects.filter(code="welcome").update(is_active=False)
    unknown = id_of("welcome") if is_there else 10**9
    changes = [choice("event_hosted", False), {"notification_type_id": unknown, "enabled": False}]

    response = alice_client.patch(URL, {"types_enabled": changes})

    assert response.status_code == 400
    assert response.json()["details"] == {
        "types_enabled.1.notification_type_id": [f'"{unknown}" is not a valid choice.']
    }
    assert disabled(alice_client) == set()


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"types_enabled": ["This field is required."]}),
        ({"types_enabled": "all"}, {"types_enabled": ["Expected a list of items."]}),
        (
            {"types_enabled": [{"enabled": True}]},
            {"types_enabled.0.notification_type_id": ["This field is required."]},
        ),
        (
            {"types_enabled": [{"notification_type_id": "x", "enabled": None}]},
            {
                "types_enabled.0.notification_type_id": ["A valid integer is required."],
                "types_enabled.0.enabled": ["This field may not be null."],
            },
        ),
        (
            {"types_enabled": [{"notification_type_id": 1, "enabled": value} for value in (True, False)]},
            {"types_enabled": ["Name each notification type once."]},
        ),
    ],
)
def test_what_is_wrong_is_named(alice_client, body, details):
    response = alice_client.patch(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == details


def test_an_empty_list_changes_nothing(alice_client):
    assert alice_client.patch(URL, {"types_enabled": []}).status_code == 200
    assert disabled(alice_client) == set()


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_none_is_lost():
    alice = UserFactory()
    codes = ["welcome", "follow_request", "event_hosted", "event_joined"]
    bodies = [{"types_enabled": [choice(code, False)]} for code in codes]

    together(*[lambda body=body: ApiClient(alice).patch(URL, body) for body in bodies])

    assert disabled(ApiClient(alice)) == set(codes)


@pytest.mark.parametrize("count", [1, 40])
def test_its_query_count_does_not_grow(alice_client, django_assert_max_num_queries, count):
    rows = [NotificationType.objects.create(code=f"new_{number}", family="system") for number in range(count)]
    alice_client.get(URL)
    changes = [{"notification_type_id": row.pk, "enabled": bool(row.pk % 2)} for row in rows]

    with django_assert_max_num_queries(14):
        alice_client.patch(URL, {"types_enabled": changes})


@pytest.mark.parametrize("method", ["get", "patch"])
def test_it_asks_who_is_calling(db, method):
    assert getattr(ApiClient(), method)(URL).status_code == 401
