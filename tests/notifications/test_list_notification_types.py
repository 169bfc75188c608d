from apps.notifications.models import NotificationType
from tests.client import ApiClient

URL = "/notifications/types"


def test_it_lists_them_all(alice_client):
    NotificationType.objects.filter(code="welcome").update(is_active=False)

    body = alice_client.get(URL).json()

    by_code = {row["code"]: row for row in body["data"]}
    assert set(body) == {"message", "data"}
    assert {"welcome", "follow_request", "follow_accepted", "document_approved", "document_rejected"} <= set(by_code)
    assert by_code["follow_request"] == {
        "id": NotificationType.objects.get(code="follow_request").pk,
        "code": "follow_request",
        "name": "New follow request",
        "description": "Somebody asks to connect.",
        "is_active": True,
    }
    assert by_code["welcome"]["is_active"] is False


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(URL).status_code == 401
