import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django_q.models import Schedule

from apps.accounts.models import StaffRole, UserType
from apps.core.models import SeededGrant
from apps.core.operations.seed import seed
from apps.notifications.models import NotificationType
from tests.factories import StaffFactory


def test_a_second_time_it_finds_nothing_to_do(db):
    before = [model.objects.count() for model in (UserType, NotificationType, Schedule, SeededGrant)]

    assert seed() == 0
    assert before == [model.objects.count() for model in (UserType, NotificationType, Schedule, SeededGrant)]


def test_the_types_have_the_ids_of_the_contract(db):
    types = dict(UserType.objects.values_list("pk", "slug"))

    assert types == {1: "influencer", 2: "brand", 3: "entrepreneur", 4: "staff", 5: "investor"}


def test_what_staff_changed_stays(db):
    NotificationType.objects.filter(code="welcome").update(message="Hello!", is_active=False)
    UserType.objects.filter(pk=1).update(name="Creator", slug="creator-type")

    seed()

    assert NotificationType.objects.get(code="welcome").message == "Hello!"
    assert UserType.objects.get(pk=1).name == "Creator"


def test_what_is_missing_comes_back(db):
    NotificationType.objects.filter(code="welcome").delete()

    assert seed() == 1


def test_a_permission_that_staff_took_away_is_not_given_back(db):
    group = StaffRole.objects.get(slug="brand-manager")
    taken = Permission.objects.get(codename="review_document")
    group.permissions.remove(taken)

    seed()

    assert taken not in group.permissions.all()


def test_a_limit_that_staff_lifted_is_not_set_again(db):
    StaffRole.objects.get(slug="brand-manager").user_types.clear()

    seed()

    assert not StaffRole.objects.get(slug="brand-manager").user_types.exists()


def test_a_permission_that_is_new_is_given(db):
    group = StaffRole.objects.get(slug="brand-manager")
    SeededGrant.objects.get(name="accounts.staffrole:brand-manager:accounts.review_document").delete()
    group.permissions.clear()

    seed()

    assert [row.codename for row in group.permissions.all()] == ["review_document"]


def test_new_types_get_an_id_of_their_own(db):
    seed()

    assert UserType.objects.create(name="Agency", slug="agency").pk > 5


@pytest.mark.parametrize(
    ("slug", "permission"), [("brand-manager", "accounts.review_document"), ("auditor", "core.view_auditentry")]
)
def test_staff_may_do_what_was_granted(db, slug, permission):
    assert StaffFactory(groups=[slug]).has_perm(permission)
    assert not StaffFactory(groups=["trainee"]).has_perm(permission)


def test_the_type_of_staff_gives_nothing_but_entry(db):
    assert not StaffFactory(groups=[]).get_all_permissions()


def test_the_command_says_how_many(db, capsys):
    NotificationType.objects.filter(code="welcome").delete()

    call_command("seed")

    assert capsys.readouterr().out == "seeded 1 rows\n"
