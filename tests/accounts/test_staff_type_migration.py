"""An update turns the permissions of the type Staff into a group of those who had them."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from apps.accounts.models import StaffRole, User, UserType
from tests.accounts.colleagues import permission
from tests.factories import StaffFactory, UserFactory

migration = import_module("apps.accounts.migrations.0017_staff_type_gives_entry_only")

GIVEN = {"accounts.review_document", "accounts.view_user", "accounts.change_user"}


def migrate() -> None:
    for step in (
        migration.show_groups_in_the_console,
        migration.split_permissions,
        migration.move_permissions_into_a_group,
    ):
        step(apps, None)


@pytest.fixture
def before(db) -> UserType:
    """As it was before there were groups."""
    StaffRole.objects.update(is_protected=False)
    StaffRole.objects.all().delete()
    staff_type = UserType.objects.get(slug="staff")
    staff_type.permissions.set(permission(name) for name in GIVEN)
    return staff_type


def test_staff_may_do_what_they_might(before):
    sam, former = StaffFactory(groups=[]), StaffFactory(groups=[], is_staff=False)
    alice = UserFactory()

    migrate()

    for user in (sam, former):
        theirs = User.objects.get(pk=user.pk).get_all_permissions()
        assert theirs == GIVEN | {"accounts.remove_picture", "accounts.reset_mfa"}
        assert [group.name for group in user.groups.all()] == ["Staff (as before)"]
    assert not before.permissions.exists()
    assert not alice.groups.exists()
    assert not StaffRole.objects.get().is_protected


def test_nobody_gets_a_group_where_nobody_is_staff(before):
    migrate()

    assert not Group.objects.exists()
    assert not before.permissions.exists()


def test_a_type_without_permissions_makes_no_group(before):
    before.permissions.clear()
    StaffFactory(groups=[])

    migrate()

    assert not Group.objects.exists()


def test_a_second_time_it_does_nothing(before):
    StaffFactory(groups=[])

    migrate()
    migrate()

    assert Group.objects.count() == 1


def test_other_types_keep_what_they_give(before, alice):
    migrate()

    assert alice.has_perm("events.join_event")


def test_groups_that_are_there_appear_in_the_console(before):
    group = Group.objects.create(name="Reviewers")
    taken = Group.objects.create(name="Support")

    migrate()

    assert StaffRole.objects.get(pk=group.pk).name == "Reviewers"
    assert StaffRole.objects.get(pk=taken.pk).name == "Support (as before)"


@pytest.mark.parametrize("way", ["person", "group", "type"])
def test_who_might_change_sessions_may_end_them(before, alice, way):
    broader = Permission.objects.get(codename="change_session", content_type__app_label="accounts")
    group = Group.objects.create(name="Reviewers")
    alice.groups.add(group)
    given = {"person": alice.user_permissions, "group": group.permissions, "type": alice.user_type.permissions}
    given[way].add(broader)

    migrate()

    assert User.objects.get(pk=alice.pk).has_perm("accounts.end_session")
