"""Asking to be erased, and the day on which it happens."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import Erasure
from apps.accounts.tasks import erase_due
from tests.factories import PASSWORD

URL, CANCEL = "/users/delete", "/users/delete/cancel"
DELETED = "Deleted user"


def ask(client, password=PASSWORD):
    return client.post(URL, {"password": password})


def due_at(client):
    return client.get("/users/profile").json()["data"]["deletion_due_at"]


def make_due(user):
    Erasure.objects.update_or_create(user=user, defaults={"due_at": timezone.now() - timedelta(minutes=1)})


def erase(user):
    make_due(user)
    erase_due()
    user.refresh_from_db()
