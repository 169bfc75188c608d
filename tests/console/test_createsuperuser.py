import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from apps.accounts.models import User, UserType

ENVIRONMENT = {"USERNAME": "owner", "EMAIL": "owner@infloo.in", "PASSWORD": "A-l0ng-secret"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)


def test_it_makes_the_first_staff_account_from_the_environment(db):
    call_command("createsuperuser", interactive=False, verbosity=0)

    user = User.objects.get()
    assert (user.username, user.email, user.role) == ("owner", "owner@infloo.in", "staff")
    assert user.is_staff
    assert user.is_superuser
    assert user.profile.search_text.startswith("owner")
    client = Client()
    response = client.post("/admin/login/?next=/admin/", {"username": "owner", "password": ENVIRONMENT["PASSWORD"]})
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_it_says_what_to_do_before_the_seed(db):
    UserType.objects.all().delete()

    with pytest.raises(CommandError, match=r"There are no user types yet: run `manage\.py seed` first\."):
        call_command("createsuperuser", interactive=False, verbosity=0)


@pytest.mark.parametrize("changes", [{"USERNAME": "OWNER", "EMAIL": "x@infloo.in"}, {"USERNAME": "other"}, {}])
def test_it_says_when_the_name_or_address_is_taken(db, monkeypatch, changes):
    call_command("createsuperuser", interactive=False, verbosity=0)
    for name, value in changes.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)

    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", interactive=False, verbosity=0)


@pytest.mark.parametrize("name", ["admin", "Root"])
def test_it_refuses_a_reserved_name(db, monkeypatch, name):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", name)

    with pytest.raises(CommandError, match="not available"):
        call_command("createsuperuser", interactive=False, verbosity=0)


def test_nobody_makes_a_superuser_of_a_reserved_name(db):
    with pytest.raises(ValidationError):
        User.objects.create_superuser("Admin", "admin@infloo.in", ENVIRONMENT["PASSWORD"])

    assert not User.objects.exists()
