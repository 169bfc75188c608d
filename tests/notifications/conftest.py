import pytest

from apps.accounts.models import User
from apps.notifications.audiences import AUDIENCES
from tests.factories import UserFactory


@pytest.fixture
def bob(db) -> User:
    return UserFactory(username="bob")


@pytest.fixture
def everybody(monkeypatch) -> None:
    """Is the audience of follow_request."""
    monkeypatch.setitem(AUDIENCES, "follow_request", lambda fan_out: User.objects.exclude(pk=fan_out.actor_id))
