"""What staff and types of people may do, and that nobody raises themselves or others above their own."""

import hashlib
import json
from collections.abc import Collection, Iterable

from django.contrib.auth.models import Permission
from django.db import transaction

from apps.accounts.errors import AboveYou, ChangedMeanwhile, OwnPower, ProtectedRole, StaffTypeGivesNothing
from apps.accounts.models import StaffRole, User, UserType
from apps.accounts.models.roles import names_of
from apps.core import audit
from apps.core.capabilities import in_words
from apps.core.http.errors import PermissionDenied

FACTS = ("name", "description", "slug", "alias", "for_staff")

Powers = dict[int, frozenset[int] | None]
"""Permissions by id, each with the user types to which it is limited; None for all types."""


def powers_of(user: User) -> Powers:
    own = Permission.objects.filter(user=user) | Permission.objects.filter(user_types=user.user_type_id)
    powers: Powers = dict.fromkeys(own.values_list("pk", flat=True))
    for role in StaffRole.objects.filter(user=user).prefetch_related("permissions", "user_types"):
        for permission, types in powers_in(role).items():
            held = powers.get(permission, frozenset())
            powers[permission] = None if held is None or types is None else held | types
    return powers


def powers_in(role: StaffRole) -> Powers:
    return limited(role.permissions.all(), role.user_types.all())


def limited(permissions: Iterable[Permission], user_types: Iterable[UserType]) -> Powers:
    types = frozenset(row.pk for row in user_types)
    return dict.fromkeys((row.pk for row in permissions), types or None)


def is_within(some: Powers, more: Powers) -> bool:
    """Whether whoever has `more` may do all of `some`, about as many types of people."""
    for permission, types in some.items():
        own = more.get(permission, frozenset())
        if own is not None and not (types and types <= own):
            return False
    return True


def roles_given_by(user: User) -> list[StaffRole]:
    """The groups that `user` may give and take, by name."""
    roles = list(StaffRole.objects.with_power().order_by("name"))
    if user.is_superuser:
        return roles
    if not user.has_perm("accounts.assign_staffrole"):
        return []
    powers = powers_of(user)
    return [role for role in roles if is_within(powers_in(role), powers)]


def may_change_groups(*, user: User, by: User) -> bool:
    """Never one's own, and a superuser's only as a superuser."""
    if user == by or user.erased_at or (user.is_superuser and not by.is_superuser):
        return False
    return by.has_perm("accounts.assign_staffrole")


@transaction.atomic
def change_groups(*, user: User, groups: Collection[StaffRole], by: User) -> None:
    """Let `user` be in these groups, and in no others. It makes nobody staff."""
    if not may_change_groups(user=user, by=by):
        raise PermissionDenied
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, after = set(user.groups.values_list("pk", flat=True)), {role.pk for role in groups}
    allowed = {role.pk for role in roles_given_by(by)}
    changed = before ^ after
    if changed - allowed:
        raise AboveYou
    if changed:
        names = {role.pk: role.name for role in StaffRole.objects.filter(pk__in=changed)}
        user.groups.add(*(after - before))
        user.groups.remove(*(before - after))
        changes = {"groups": from_to(*(([names[pk] for pk in some]) for some in (before - after, after - before)))}
        audit.record(actor=by, action="user.groups_changed", target=user, changes=changes)


def version_of(row: StaffRole | UserType) -> str:
    """Another one once anything changed of what their page shows."""
    columns = [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]
    lists = [sorted(each.pk for each in getattr(row, field.name).all()) for field in row._meta.many_to_many]
    return hashlib.sha256(json.dumps([columns, lists]).encode()).hexdigest()


def facts_of(row: StaffRole | UserType) -> dict[str, list[str]]:
    """What the trail tells of it, in words."""
    columns = {name: [str(getattr(row, name))] for name in FACTS if hasattr(row, name)}
    limits = {"limited to": [each.name for each in row.user_types.all()]} if isinstance(row, StaffRole) else {}
    return columns | limits | {"may": in_words(names_of(row.permissions.select_related("content_type")))}


def from_to(before: Collection[str], after: Collection[str]) -> list[str]:
    """Of lists what went and what came."""
    return [
        ", ".join(sorted(set(some) - set(others))) or "nothing" for some, others in ((before, after), (after, before))
    ]


def record_change(row: StaffRole | UserType, before: dict[str, list[str]], by: User) -> None:
    """Into the trail; of a new one, `before` is empty."""
    after = facts_of(row)
    changes = {name: from_to(before[name], after[name]) for name in before if before[name] != after[name]}
    audit.record(actor=by, action="row.changed" if before else "row.added", target=row, changes=changes or None)


def refuse_role(role: StaffRole, by: User) -> None:
    """Unless `by` may change it: somebody else's group, that may do no more than they."""
    if by.is_superuser:
        return
    if role.user_set.filter(pk=by.pk).exists():
        raise OwnPower
    if not is_within(powers_in(role), powers_of(by)):
        raise AboveYou


def refuse_role_change(
    *, role: StaffRole, permissions: Collection[Permission], user_types: Collection[UserType], by: User, version: str
) -> None:
    """Unless `role`, locked or new, may become one with these, and is as it was at `version`."""
    if role.pk:
        refuse_role(role, by)
        if version != version_of(role):
            raise ChangedMeanwhile
    if not by.is_superuser and not is_within(limited(permissions, user_types), powers_of(by)):
        raise AboveYou
    if role.is_protected and not permissions:
        raise ProtectedRole


@transaction.atomic
def change_role(
    *,
    role: StaffRole,
    name: str,
    description: str,
    permissions: Collection[Permission],
    user_types: Collection[UserType],
    by: User,
    version: str = "",
) -> None:
    """Save a group, a new one too; `version` is what `version_of` said when `by` began to change it."""
    is_new = role.pk is None
    found = role if is_new else StaffRole.objects.select_for_update().get(pk=role.pk)
    refuse_role_change(role=found, permissions=permissions, user_types=user_types, by=by, version=version)
    before = {} if is_new else facts_of(found)
    found.name, found.description = name, description
    found.save()
    found.permissions.set(permissions)
    found.user_types.set(user_types)
    record_change(found, before, by)


@transaction.atomic
def delete_role(*, role: StaffRole, by: User) -> None:
    found = StaffRole.objects.select_for_update().get(pk=role.pk)
    if found.is_protected:
        raise ProtectedRole
    refuse_role(found, by)
    audit.record(actor=by, action="row.deleted", target=found)
    found.delete()


def refuse_type_change(
    *, user_type: UserType, for_staff: bool, permissions: Collection[Permission], by: User, version: str
) -> None:
    """Unless `user_type`, locked or new, may carry these, and is as it was at `version`."""
    if user_type.pk and version != version_of(user_type):
        raise ChangedMeanwhile
    before = set(user_type.permissions.all()) if user_type.pk else set()
    if for_staff and permissions:
        raise StaffTypeGivesNothing
    if by.is_superuser or before == set(permissions):
        return
    if by.user_type_id == user_type.pk:
        raise OwnPower
    if not is_within(limited(before ^ set(permissions), []), powers_of(by)):
        raise AboveYou


@transaction.atomic
def change_type(
    *, user_type: UserType, fields: Collection[str], permissions: Collection[Permission], by: User, version: str = ""
) -> None:
    """Save these columns of a type, a new one too, and what its people may do."""
    is_new = user_type.pk is None
    found = user_type if is_new else UserType.objects.select_for_update().get(pk=user_type.pk)
    refuse_type_change(user_type=found, for_staff=user_type.for_staff, permissions=permissions, by=by, version=version)
    before = {} if is_new else facts_of(found)
    user_type.save(update_fields=None if is_new else fields)
    user_type.permissions.set(permissions)
    record_change(user_type, before, by)
