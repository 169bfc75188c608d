"""Domains of e-mail addresses are kept in ASCII, also those from before."""

import importlib

import pytest
from django.apps import apps

from apps.accounts.models import User
from tests.client import ApiClient
from tests.factories import PASSWORD, UserFactory


@pytest.mark.parametrize("name", ["ann@bücher.de", "ANN@BÜCHER.DE", "ann@xn--bcher-kva.de"])
def test_one_signs_in_however_the_domain_is_spelt(db, name):
    UserFactory(username="ann", email="ann@xn--bcher-kva.de")

    response = ApiClient().post("/users/auth/login", {"username": name, "password": PASSWORD})

    assert response.status_code == 200


@pytest.mark.parametrize("name", ["ann@💩.la", "ann@" + "ü" * 100, "@", "ann@"])
def test_what_is_no_address_is_nobodys(db, name):
    response = ApiClient().post("/users/auth/login", {"username": name, "password": PASSWORD})

    assert response.status_code == 401


def test_an_account_from_the_command_line_is_kept_so_too(db):
    user = User.objects.create_superuser("owner", "owner@BÜCHER.de", PASSWORD)

    assert user.email == "owner@xn--bcher-kva.de"


def migrate() -> None:
    importlib.import_module("apps.accounts.migrations.0007_ascii_email_domains").write_in_ascii(apps, None)


def test_addresses_from_before_are_written_in_ascii(db):
    typed = ["ann@bücher.de", "bob@example.com", "Zoë@example.com", "eve@💩.la"]
    people = [UserFactory(email=email) for email in typed]

    migrate()

    kept = [User.objects.get(pk=person.pk).email for person in people]
    assert kept == ["ann@xn--bcher-kva.de", *typed[1:]]


@pytest.mark.parametrize("older_is_ascii", [True, False])
def test_of_two_spellings_of_one_address_neither_account_loses_its_own(db, older_is_ascii):
    typed = ["Ann@xn--bcher-kva.de", "ann@bücher.de"]
    people = [UserFactory(email=email) for email in (typed if older_is_ascii else typed[::-1])]

    migrate()

    assert [User.objects.get(pk=person.pk).email for person in people] == [person.email for person in people]


def test_of_two_foreign_spellings_the_older_account_gets_the_address(db):
    older, newer = UserFactory(email="ann@bücher.de"), UserFactory(email="ann@bu\u0308cher.de")

    migrate()

    assert User.objects.get(pk=older.pk).email == "ann@xn--bcher-kva.de"
    assert User.objects.get(pk=newer.pk).email == newer.email
