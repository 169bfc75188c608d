"""What a group may, about whom, and that nobody gives more than they have."""

from functools import partial

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction

from apps.accounts.errors import AboveYou, ChangedMeanwhile, OwnPower, ProtectedRole
from apps.accounts.models import Document, StaffRole, User, UserType
from apps.accounts.services import roles
from apps.accounts.services.documents import review_document
from apps.core.http.errors import PermissionDenied
from apps.core.models import AuditEntry
from apps.core.reading.viewer import Viewer
from tests.accounts.colleagues import permission
from tests.client import ApiClient
from tests.factories import DocumentFactory, StaffFactory, UserFactory
from tests.races import together

NAMES = [
    *["Auditor", "Brand manager", "Community manager", "Content moderator", "Dispute manager", "Influencer manager"],
    *["Platform admin", "Support", "Trainee"],
]


def role(slug: str) -> StaffRole:
    return StaffRole.objects.get(slug=slug)


def make_role(*permissions: str, types: tuple[str, ...] = (), name: str = "Own") -> StaffRole:
    made = StaffRole.objects.create(name=name)
    made.permissions.set(permission(each) for each in permissions)
    made.user_types.set(UserType.objects.filter(slug__in=types))
    return made


def change(target: StaffRole, by: User, **changes: object) -> None:
    was = {
        "name": target.name,
        "description": target.description,
        "permissions": list(target.permissions.all()),
        "user_types": list(target.user_types.all()),
        "version": roles.version_of(target),
    }
    roles.change_role(role=target, by=by, **(was | changes))


def test_the_groups_of_the_product_are_there(db):
    assert list(StaffRole.objects.values_list("name", flat=True)) == NAMES
    assert not StaffRole.objects.filter(is_protected=False).exists()


@pytest.mark.parametrize(
    ("slugs", "own", "seen"),
    [
        (["brand-manager"], "", {"brand"}),
        (["brand-manager", "influencer-manager"], "", {"brand", "influencer"}),
        (["platform-admin"], "", {"brand", "influencer", "investor"}),
        (["brand-manager", "platform-admin"], "", {"brand", "influencer", "investor"}),
        (["brand-manager"], "accounts.review_document", {"brand", "influencer", "investor"}),
        (["trainee"], "", set()),
        (["support"], "", set()),
        ([], "", set()),
    ],
)
def test_who_decides_whose_documents(db, slugs, own, seen):
    documents = {name: DocumentFactory(user=UserFactory(role=name)) for name in ("brand", "influencer", "investor")}
    reviewer = StaffFactory(groups=slugs)
    if own:
        reviewer.user_permissions.add(permission(own))

    found = Document.objects.to_review_by(Viewer.of(reviewer))
    files = {name: ApiClient(reviewer).get(f"/files/document/{row.pk}").status_code for name, row in documents.items()}

    assert {row.user.role for row in found} == seen
    assert {name for name, status in files.items() if status == 200} == seen
    for name, document in documents.items():
        if name in seen:
            review_document(document=document, by=reviewer, approve=True)
        else:
            with pytest.raises(PermissionDenied):
                review_document(document=document, by=reviewer, approve=True)


@pytest.mark.parametrize(
    ("slugs", "seen"),
    [
        (["brand-manager"], {"brand"}),
        (["brand-manager", "trainee"], {"brand", "influencer", "staff"}),
        (["auditor"], {"brand", "influencer", "staff"}),
        ([], set()),
    ],
)
def test_who_sees_whom(db, slugs, seen):
    for name in ("brand", "influencer"):
        UserFactory(role=name)
    viewer = StaffFactory(groups=slugs)

    assert {user.role for user in User.objects.in_reach_of(Viewer.of(viewer))} == seen


def test_a_superuser_s_reach_has_no_end(db):
    UserFactory(role="brand")

    assert User.objects.in_reach_of(Viewer.of(StaffFactory(is_superuser=True))).count() == 2


def test_a_group_of_somebody_else_limits_nothing(db):
    viewer = StaffFactory(groups=["trainee"])
    StaffFactory(groups=["brand-manager"])

    assert User.objects.in_reach_of(Viewer.of(viewer)).count() == User.objects.count()


@pytest.mark.parametrize(
    ("by", "given", "allowed"),
    [
        ("superuser", "platform-admin", True),
        ("platform-admin", "platform-admin", True),
        ("platform-admin", "brand-manager", True),
        ("support", "trainee", False),
        ("brand-manager", "brand-manager", False),
    ],
)
def test_who_gives_which_group(db, by, given, allowed):
    giver = StaffFactory(is_superuser=True) if by == "superuser" else StaffFactory(groups=[by])
    colleague = StaffFactory(groups=[])

    if allowed:
        roles.change_groups(user=colleague, groups=[role(given)], by=giver)
        assert AuditEntry.objects.get().action == "user.groups_changed"
    else:
        with pytest.raises(PermissionDenied):
            roles.change_groups(user=colleague, groups=[role(given)], by=giver)

    assert colleague.groups.filter(name=role(given).name).exists() == allowed


ASSIGN = "accounts.assign_staffrole"


@pytest.mark.parametrize(
    ("own", "own_types", "given", "given_types", "allowed"),
    [
        (["accounts.view_user"], [], ["accounts.view_user"], [], True),
        (["accounts.view_user"], [], ["accounts.view_user"], ["brand"], True),
        (["accounts.view_user"], ["brand"], ["accounts.view_user"], ["brand"], True),
        (["accounts.view_user"], ["brand"], ["accounts.view_user"], [], False),
        (["accounts.view_user"], ["brand"], ["accounts.view_user"], ["brand", "investor"], False),
        (["accounts.view_user"], [], ["accounts.view_user", "accounts.change_user"], [], False),
        ([], [], ["accounts.view_user"], [], False),
        ([], [], [], [], True),
    ],
)
def test_a_group_is_given_and_taken_up_to_one_s_own(db, own, own_types, given, given_types, allowed):
    giver, receiver = StaffFactory(groups=[]), StaffFactory(groups=[])
    make_role(ASSIGN, name="Givers").user_set.add(giver)
    make_role(*own, types=own_types, name="Own").user_set.add(giver)
    group = make_role(*given, types=given_types, name="Given")

    assert (group in roles.roles_given_by(giver)) == allowed
    for groups in ([group], []):
        if allowed:
            roles.change_groups(user=receiver, groups=groups, by=giver)
        else:
            receiver.groups.set([] if groups else [group])
            with pytest.raises(AboveYou):
                roles.change_groups(user=receiver, groups=groups, by=giver)


def test_groups_above_one_s_own_stay_untouched(db):
    giver = StaffFactory(groups=["support"])
    giver.user_permissions.add(permission(ASSIGN))
    receiver = StaffFactory(groups=["auditor"])

    roles.change_groups(user=receiver, groups=[role("auditor"), role("support")], by=giver)

    assert {group.name for group in receiver.groups.all()} == {"Auditor", "Support"}


@pytest.mark.parametrize("who", ["oneself", "a superuser", "somebody erased"])
def test_whose_groups_nobody_changes(db, who):
    giver = StaffFactory(groups=["platform-admin"])
    target = giver if who == "oneself" else StaffFactory(is_superuser=who == "a superuser")
    if who == "somebody erased":
        target.is_active, target.erased_at = False, target.date_joined
        target.save()

    with pytest.raises(PermissionDenied):
        roles.change_groups(user=target, groups=[role("support")], by=giver)

    assert not AuditEntry.objects.exists()


def test_a_group_does_not_let_somebody_into_the_console(db, alice):
    roles.change_groups(user=alice, groups=[role("support")], by=StaffFactory(is_superuser=True))

    assert not User.objects.get(pk=alice.pk).is_staff


@pytest.fixture
def admin(db) -> User:
    return StaffFactory(username="admin", groups=["platform-admin"])


def test_a_group_is_changed_up_to_one_s_own(admin):
    group = make_role("accounts.view_user")

    change(group, admin, permissions=[permission("accounts.view_user"), permission("accounts.change_user")])

    assert group.permission_names() == {"accounts.view_user", "accounts.change_user"}
    assert AuditEntry.objects.get().action == "row.changed"


@pytest.mark.parametrize("is_given", [True, False])
def test_nobody_gives_or_takes_what_they_have_not(admin, is_given):
    some, more = [permission("accounts.view_user")], [permission("auth.change_permission")]
    group = make_role("accounts.view_user", *([] if is_given else ["auth.change_permission"]))

    with pytest.raises(AboveYou):
        change(group, admin, permissions=some + more if is_given else some)


def test_nobody_lifts_a_limit_that_they_have_themselves(db):
    manager = StaffFactory(groups=["brand-manager"])
    group = make_role("accounts.view_user", types=("brand",))

    with pytest.raises(AboveYou):
        change(group, manager, user_types=[])


def test_nobody_changes_a_group_that_they_are_in(admin):
    with pytest.raises(OwnPower):
        change(role("platform-admin"), admin, description="Mine")


def test_a_superuser_changes_any(db):
    boss = StaffFactory(is_superuser=True, groups=["platform-admin"])

    change(role("platform-admin"), boss, permissions=[permission("accounts.view_user")])

    assert role("platform-admin").permission_names() == {"accounts.view_user"}


def test_what_changed_meanwhile_is_not_overwritten(admin):
    group = make_role("accounts.view_user")
    seen = roles.version_of(group)
    group.permissions.add(permission("accounts.view_document"))

    with pytest.raises(ChangedMeanwhile):
        change(group, admin, version=seen, permissions=[])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_a_group_at_once_the_second_is_refused():
    bosses, group = [StaffFactory(is_superuser=True) for _ in range(2)], make_role("accounts.view_user")
    seen = roles.version_of(group)

    def rename(by: User) -> str:
        try:
            change(group, by, name=by.username, version=seen)
        except ChangedMeanwhile:
            return ""
        return by.username

    [name] = filter(None, together(*(partial(rename, by) for by in bosses)))

    assert StaffRole.objects.get(pk=group.pk).name == name


@pytest.mark.parametrize("field", ["name", "description", "permissions", "user_types"])
def test_each_change_makes_another_version(admin, field):
    group = make_role("accounts.view_user")
    seen = roles.version_of(group)
    value = {"permissions": [], "user_types": [UserType.objects.get(slug="brand")]}.get(field, "New")

    change(group, admin, **{field: value})

    assert roles.version_of(StaffRole.objects.get(pk=group.pk)) != seen


def test_a_protected_group_is_neither_emptied_nor_deleted(admin):
    with pytest.raises(ProtectedRole):
        change(role("support"), admin, permissions=[])
    with pytest.raises(ProtectedRole):
        roles.delete_role(role=role("support"), by=StaffFactory(is_superuser=True))

    assert role("support").permissions.exists()


@pytest.mark.parametrize(("is_member", "names"), [(True, []), (False, ["auth.change_permission"])])
def test_nobody_deletes_their_own_group_nor_one_above_it(admin, is_member, names):
    group = make_role(*names)
    if is_member:
        admin.groups.add(group)

    with pytest.raises(PermissionDenied):
        roles.delete_role(role=group, by=admin)


def test_a_group_is_deleted_whole(admin):
    group = make_role("accounts.view_user")

    roles.delete_role(role=group, by=admin)

    assert not Group.objects.filter(pk=group.pk).exists()
    assert AuditEntry.objects.get().action == "row.deleted"


@pytest.mark.postgres
def test_postgresql_keeps_what_is_protected(db):
    group = role("support")

    for statement in (lambda: StaffRole.objects.filter(pk=group.pk).delete(), lambda: empty(group)):
        with pytest.raises(IntegrityError), transaction.atomic():
            statement()

    assert role("support").permissions.exists()


def empty(group: StaffRole) -> None:
    group.permissions.clear()
    transaction.get_connection().check_constraints()


@pytest.mark.postgres
def test_postgresql_lets_all_permissions_be_exchanged(db):
    group = role("trainee")

    group.permissions.clear()
    group.permissions.add(Permission.objects.get(codename="view_block"))
    transaction.get_connection().check_constraints()

    assert group.permission_names() == {"accounts.view_block"}
