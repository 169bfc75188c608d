import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core import site_settings
from tests.factories import StaffFactory


@pytest.fixture(autouse=True)
def _settings_stay(monkeypatch):
    """Every page asks for them: a test that counts queries would see them read anew every two seconds."""
    monkeypatch.setattr(site_settings, "FRESH_SECONDS", 10**9)


@pytest.fixture
def boss(db) -> User:
    return StaffFactory(username="boss", is_superuser=True)


@pytest.fixture
def staff(db) -> User:
    return StaffFactory(username="sam")


@pytest.fixture
def boss_client(boss: User) -> Client:
    return browser(boss)


@pytest.fixture
def staff_client(staff: User) -> Client:
    return browser(staff)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
