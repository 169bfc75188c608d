import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from apps.accounts.models import User, UserType

ENVIRONMENT = {"USERNAME": "root", "EMAIL": "root@infloo.in", "PASSWORD": "A-l0ng-secret"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)


def test_it_makes_the_first_staff_account_from_the_environment(db):
    call_command("createsuperuser", interactive=False, verbosity=0)

    user = User.objects.get()
    assert (user.username, user.email, user.role) == ("root", "root@infloo.in", "staff")
    assert user.is_staff
    assert user.is_superuser
    assert user.profile.search_text.startswith("root")
    client = Client()
    response = client.post("/admin/login/?next=/admin/", {"username": "root", "password": ENVIRONMENT["PASSWORD"]})
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_it_says_what_to_do_before_the_seed(db):
    UserType.objects.all().delete()

    with pytest.raises(CommandError, match=r"There are no user types yet: run `manage\.py seed` first\."):
        call_command("createsuperuser", interactive=False, verbosity=0)


@pytest.mark.parametrize("changes", [{"USERNAME": "ROOT", "EMAIL": "x@infloo.in"}, {"USERNAME": "other"}, {}])
def test_it_says_when_the_name_or_address_is_taken(db, monkeypatch, changes):
    call_command("createsuperuser", interactive=False, verbosity=0)
    for name, value in changes.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)

    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False, verbosity=0)
