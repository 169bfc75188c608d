from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.factories import NotificationFactory


def test_it_is_gone(alice, alice_client):
    row, other = NotificationFactory.create_batch(2, receiver=alice)

    first, second = (alice_client.delete(f"/notifications/{row.pk}") for _ in range(2))

    assert (first.status_code, first.content) == (204, b"")
    assert second.status_code == 404
    assert list(Notification.objects.all()) == [other]


def test_somebody_elses_stays(alice_client):
    row = NotificationFactory()

    assert alice_client.delete(f"/notifications/{row.pk}").status_code == 404
    assert Notification.objects.exists()


def test_it_asks_who_is_calling(db):
    assert ApiClient().delete(f"/notifications/{NotificationFactory().pk}").status_code == 401
