import pytest

from apps.accounts.models import User
from apps.events.models import Event
from tests.client import ApiClient
from tests.factories import EventFactory, UserFactory


@pytest.fixture
def host(db) -> User:
    return UserFactory(username="nike", role="brand")


@pytest.fixture
def host_client(host: User) -> ApiClient:
    return ApiClient(host)


@pytest.fixture
def event(host: User) -> Event:
    return EventFactory(host=host)
