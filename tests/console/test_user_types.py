import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError
from django.urls import reverse

from apps.accounts.models import UserType
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.factories import DocumentFactory, StaffFactory


def page_of(user_type: UserType) -> str:
    return f"/admin/accounts/usertype/{user_type.pk}/change/"


def test_a_permission_taken_away_is_gone_at_the_next_request(boss_client, staff, staff_client):
    document = DocumentFactory()
    review = reverse("work_item", args=["documents", document.pk])
    file = f"/files/document/{document.pk}"
    caller = ApiClient(staff)
    assert (staff_client.get(review).status_code, caller.get(file).status_code) == (200, 200)

    form = form_of(boss_client.get(page_of(staff.user_type)), "usertype_form")
    taken = str(Permission.objects.get(codename="review_document").pk)
    form["permissions"].remove(taken)
    assert boss_client.post(page_of(staff.user_type), form).status_code == 302

    assert (staff_client.get(review).status_code, caller.get(file).status_code) == (403, 404)

    form["permissions"].append(taken)
    boss_client.post(page_of(staff.user_type), form)

    assert (staff_client.get(review).status_code, caller.get(file).status_code) == (200, 200)


def test_only_a_superuser_gives_permissions_away(db):
    colleague = StaffFactory()
    colleague.user_permissions.add(Permission.objects.get(codename="change_usertype"))
    everything = list(Permission.objects.values_list("pk", flat=True))
    before = set(colleague.user_type.permissions.all())
    client = browser(colleague)

    form = form_of(client.get(page_of(colleague.user_type)), "usertype_form")
    changes = {"name": "Team", "permissions": everything}
    assert client.post(page_of(colleague.user_type), form | changes).status_code == 302

    user_type = UserType.objects.get(pk=colleague.user_type_id)
    assert (user_type.name, user_type.for_staff) == ("Team", True)
    assert set(user_type.permissions.all()) == before


def test_a_group_gives_no_permissions_away_either(db):
    colleague = StaffFactory()
    colleague.user_permissions.add(*Permission.objects.filter(content_type__model="group"))

    page = browser(colleague).get("/admin/auth/group/add/")

    assert set(form_of(page, "group_form")) >= {"name"}
    assert "permissions" not in page.context["adminform"].form.fields


def test_a_type_with_people_is_not_deleted(boss_client, alice):
    page = f"/admin/accounts/usertype/{alice.user_type_id}/delete/"

    boss_client.post(page, {"post": "yes"})

    assert UserType.objects.filter(pk=alice.user_type_id).exists()


def test_the_list_counts_people(boss_client, alice):
    rows = boss_client.get("/admin/accounts/usertype/").context["cl"].result_list

    assert {row.slug: row.people for row in rows} == {
        "influencer": 1, "brand": 0, "entrepreneur": 0, "staff": 1, "investor": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"slug": "agency", "alias": "creator"}, ["alias"]),
        ({"slug": "agency", "alias": "brand"}, ["alias"]),
        ({"slug": "creator"}, ["slug"]),
        ({"slug": "brand"}, ["slug"]),
        ({"slug": "creator", "alias": "business"}, ["slug", "alias"]),
    ],
)
def test_a_name_leads_to_one_type(boss_client, changes, fields):
    page = boss_client.post("/admin/accounts/usertype/add/", {"name": "Agency"} | changes)

    errors = page.context["adminform"].form.errors
    assert list(errors) == fields
    assert {sentence for field in fields for sentence in errors[field]} == {"Another user type is called so."}
    assert not UserType.objects.filter(name="Agency").exists()


def test_a_type_keeps_its_names_and_may_have_none_but_its_slug(boss_client):
    influencer = UserType.objects.get(slug="influencer")
    form = form_of(boss_client.get(page_of(influencer)), "usertype_form")

    assert boss_client.post(page_of(influencer), form | {"name": "Creator"}).status_code == 302
    for name in ("Agency", "Press"):
        fields = {"name": name, "slug": name.lower(), "alias": ""}
        assert boss_client.post("/admin/accounts/usertype/add/", fields).status_code == 302


def test_the_database_keeps_an_alias_to_one_type(db):
    with pytest.raises(IntegrityError):
        UserType.objects.create(name="Agency", slug="agency", alias="creator")
