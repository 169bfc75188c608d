from tests.client import ApiClient
from tests.factories import NotificationFactory


def test_it_says_where_it_leads(alice, alice_client):
    row = NotificationFactory(receiver=alice, redirect_kind="connection", redirect_id=7, redirect_url="/api/v1/x/7")

    response = alice_client.get(f"/notifications/{row.pk}/resolve")

    assert response.status_code == 200
    assert response.json() == {
        "message": "OK",
        "data": {"redirect": {"kind": "connection", "id": 7, "url": "/api/v1/x/7"}},
    }


def test_it_does_not_count_as_reading(alice, alice_client):
    row = NotificationFactory(receiver=alice)

    alice_client.get(f"/notifications/{row.pk}/resolve")

    row.refresh_from_db()
    assert not row.is_read


def test_somebody_elses_is_not_found(alice_client):
    assert alice_client.get(f"/notifications/{NotificationFactory().pk}/resolve").status_code == 404


def test_it_asks_who_is_calling(db):
    assert ApiClient().get(f"/notifications/{NotificationFactory().pk}/resolve").status_code == 401
