"""Who is a colleague, and that the services refuse to change one whatever form they are called from."""

from functools import partial

import pytest
from django.contrib.auth.models import Group

from apps.accounts.models import User, UserType
from apps.accounts.schemas import ProfileIn
from apps.accounts.services import staff
from apps.core.http.errors import PermissionDenied
from apps.core.models import AuditEntry
from tests.accounts.colleagues import COLLEAGUES, OTHERS, permission
from tests.factories import StaffFactory, UserFactory

PHONE = ProfileIn(phone="+911234567890")
CHANGES = {
    "address": lambda user, by: staff.change_account(user=renamed(user), fields=["email"], by=by),
    "activity": lambda user, by: staff.change_account(user=inactive(user), fields=["is_active"], by=by),
    "phone": lambda user, by: staff.change_profile(user=user, changes=PHONE, by=by),
    "password": lambda user, by: staff.set_password(user=user, password="N3w-secret!", by=by),
    "picture": lambda user, by: staff.remove_picture(user=user, by=by),
    "way back": lambda user, by: staff.switch_off(user=user, by=by),
}


def newcomer() -> User:
    """Filled in, and not saved yet."""
    return User(username="nina", email="nina@infloo.in", user_type=UserType.objects.get(slug="influencer"))


def renamed(user: User) -> User:
    user.email = "mine@infloo.in"
    return user


def inactive(user: User) -> User:
    user.is_active = False
    return user


@pytest.fixture
def clerk(db) -> User:
    """Staff with every permission there is, and no superuser."""
    user = StaffFactory()
    user.user_permissions.set(user.user_permissions.model.objects.all())
    return user


@pytest.mark.parametrize("who", [*COLLEAGUES, *OTHERS])
def test_who_holds_more_than_an_open_type_gives_is_a_colleague(db, who):
    person = (COLLEAGUES | OTHERS)[who]()

    assert staff.is_colleague(person) == (who in COLLEAGUES)


def test_a_permission_that_is_given_to_an_open_type_makes_no_colleague(db):
    brand, moderator = UserFactory(role="brand"), COLLEAGUES["moderator"]()

    brand.user_type.permissions.add(permission("social.moderate_story"))

    assert not staff.is_colleague(brand)
    assert not staff.is_colleague(moderator)


def test_a_group_without_people_makes_no_colleague(db):
    Group.objects.create(name="empty").permissions.add(permission("social.moderate_story"))

    assert not staff.is_colleague(UserFactory())
    assert not staff.is_colleague(newcomer())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["superuser", "staff who may not enter the console any more", "moderator"])
def test_nobody_but_a_superuser_changes_a_colleague(clerk, who, change):
    target = COLLEAGUES[who]()
    before = User.objects.values("email", "password", "is_active", "profile__phone").get(pk=target.pk)

    with pytest.raises(PermissionDenied):
        CHANGES[change](target, clerk)

    assert User.objects.values("email", "password", "is_active", "profile__phone").get(pk=target.pk) == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("power", ["is_staff", "is_superuser", "user_type"])
@pytest.mark.parametrize("is_new", [True, False])
def test_nobody_but_a_superuser_makes_a_colleague(clerk, power, is_new):
    person = newcomer() if is_new else UserFactory()
    setattr(person, power, clerk.user_type if power == "user_type" else True)

    save = staff.add_account if is_new else partial(staff.change_account, fields=[power])
    with pytest.raises(PermissionDenied):
        save(user=person, by=clerk)


def test_a_superuser_changes_a_colleague(db):
    target, boss = COLLEAGUES["moderator"](), StaffFactory(is_superuser=True)

    staff.set_password(user=target, password="N3w-secret!", by=boss)

    assert User.objects.get(pk=target.pk).check_password("N3w-secret!")
    assert AuditEntry.objects.get().actor == boss
