import pytest

from apps.core.models import FailedAttempts
from tests.client import caller_at

LIST = "/admin/core/failedattempts/"


@pytest.fixture(autouse=True)
def _guessed(alice, settings):
    settings.THROTTLES = True
    for name in ("alice", "nobody"):
        caller_at("192.0.2.7").post("/users/auth/login", {"username": name, "password": "Wrong@123"})


def test_the_list_leads_to_the_account_that_is_guessed_at(alice, boss_client):
    page = boss_client.get(LIST).content.decode()

    assert f'<a href="/admin/accounts/user/{alice.pk}/change/" class="text-link">user {alice.pk}</a>' in page
    assert "login_failures_per_address" in page
    assert "192.0.2.7" in page


@pytest.mark.parametrize(("search", "count"), [("192.0.2.7", 3), ("192.0.2.8", 0)])
def test_it_is_searched_by_address(boss_client, search, count):
    assert len(boss_client.get(f"{LIST}?q={search}").context["cl"].result_list) == count


def test_it_needs_the_permission(staff_client):
    assert staff_client.get(LIST).status_code == 403


def test_nothing_is_changed_there(boss_client):
    row = FailedAttempts.objects.first()

    boss_client.post(f"{LIST}{row.pk}/change/", {"count": "0"})
    boss_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    assert FailedAttempts.objects.get(pk=row.pk).count == row.count
