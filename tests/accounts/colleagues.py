"""Those whom only a superuser changes."""

from collections.abc import Callable

from django.contrib.auth.models import Group, Permission

from apps.accounts.models import User
from tests.factories import StaffFactory, UserFactory


def permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def given(name: str) -> User:
    user = UserFactory()
    user.user_permissions.add(permission(name))
    return user


def in_a_group(name: str) -> User:
    user, group = UserFactory(), Group.objects.create(name=name)
    group.permissions.add(permission(name))
    group.user_set.add(user)
    return user


def in_nothing() -> User:
    user = UserFactory()
    user.groups.add(Group.objects.create(name="nothing"))
    return user


COLLEAGUES: dict[str, Callable[[], User]] = {
    "superuser": lambda: StaffFactory(is_superuser=True),
    "superuser outside the console": lambda: UserFactory(is_superuser=True),
    "staff": StaffFactory,
    "somebody who may enter the console": lambda: UserFactory(is_staff=True),
    "staff who may not enter the console any more": lambda: StaffFactory(is_staff=False),
    "moderator": lambda: given("social.moderate_story"),
    "moderator by a group": lambda: in_a_group("messaging.moderate_message"),
}
OTHERS: dict[str, Callable[[], User]] = {
    "influencer": UserFactory,
    "brand": lambda: UserFactory(role="brand"),
    "influencer who may do what brands may": lambda: given("events.add_event"),
    "somebody in a group without permissions": in_nothing,
}
