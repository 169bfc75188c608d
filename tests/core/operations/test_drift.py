"""docs/openapi.json, docs/staff/roles.md and the migrations say what the code says."""

import json

import pytest
from django.core.management import call_command

from apps.accounts.models import StaffRole
from apps.core.models import AuditEntry
from apps.core.operations.seed import permissions_of, read_fixtures
from tests import drift, roles

pytestmark = pytest.mark.sqlite


@pytest.fixture
def description(tmp_path, monkeypatch):
    """A docs/openapi.json of our own."""
    path = tmp_path / "docs" / "openapi.json"
    monkeypatch.setattr(drift, "DESCRIPTION", path)
    monkeypatch.setattr(drift, "ROLES", path.with_name("roles.md"))
    return path


@pytest.fixture(autouse=True)
def _with_migrations(settings):
    """Most runs of the tests build their tables without them."""
    settings.MIGRATION_MODULES = {}


def test_the_description_in_the_repository_is_the_running_one():
    assert drift.DESCRIPTION.read_text() == drift.described(), "run `make openapi`"


def test_the_table_of_the_groups_in_the_repository_is_the_seeded_one(db):
    assert drift.ROLES.read_text() == roles.described(), "run `make openapi`"
    for role in StaffRole.objects.exclude(slug=""):
        [given] = [row["grants"]["given"] for row in read_fixtures() if row["model"] == "accounts.staffrole"]
        assert role.permission_names() == set(permissions_of(given[role.slug])), role


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_it_writes_the_description_in_one_order(db, description):
    assert drift.main(["--write"]) == 0

    text = description.read_text()
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert drift.main([]) == 0


@pytest.mark.parametrize("text", [None, "{}\n"])
def test_it_tells_of_a_description_that_is_old_or_missing(db, description, capsys, text):
    description.parent.mkdir()
    if text:
        description.write_text(text)

    assert drift.main([]) == 1
    assert "docs/openapi.json does not describe what is there" in capsys.readouterr().err


def test_it_tells_of_a_missing_migration(db, description, capsys, monkeypatch):
    drift.main(["--write"])
    monkeypatch.setattr(AuditEntry._meta.get_field("action"), "max_length", 51)

    assert drift.main([]) == 1
    assert "A migration is missing" in capsys.readouterr().err
