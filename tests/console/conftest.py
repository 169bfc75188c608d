import pytest
from django.test import Client

from apps.accounts.models import User
from tests.factories import StaffFactory


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
