import pytest

from apps.notifications.models import Preferences
from tests.client import ApiClient

URL = "/notifications/preferences"
CHANNELS = {"enable_in_app": True, "enable_email": True, "enable_push": True}


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_channel_is_switched_and_the_others_stay(alice, alice_client, channel):
    response = alice_client.patch(URL, {channel: False})

    body = response.json()["data"]
    assert response.status_code == 200
    assert {name: body[name] for name in CHANNELS} == CHANNELS | {channel: False}
    assert body == alice_client.get(URL).json()["data"]

    assert alice_client.patch(URL, {channel: True}).json()["data"][channel] is True


def test_a_body_that_names_none_changes_none(alice, alice_client):
    alice_client.patch(URL, {"enable_email": False})

    body = alice_client.patch(URL, {}).json()["data"]

    assert (body["enable_in_app"], body["enable_email"]) == (True, False)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"enable_email": None}, {"enable_email": ["This field may not be null."]}),
        ({"enable_email": "perhaps"}, {"enable_email": ["Must be a valid boolean."]}),
        ({"enable_sms": True}, {"enable_sms": ["Unknown field."]}),
        ({"user_id": 1}, {"user_id": ["Unknown field."]}),
        ({"enable_email": False, "type_preferences": []}, {"type_preferences": ["Unknown field."]}),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(alice, alice_client, body, details):
    response = alice_client.patch(URL, body)

    assert response.status_code == 400
    assert response.json()["details"] == details
    assert not Preferences.objects.filter(enable_email=False).exists()


def test_it_asks_who_is_calling(db):
    assert ApiClient().patch(URL, {}).status_code == 401
