import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from apps.accounts.models import UserType
from apps.accounts.models.roles import names_of
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.factories import StaffFactory, UserFactory


def save(client, user_type, form):
    """Having said yes."""
    return client.post(page_of(user_type), form | {"_confirmed": ""})


def create_event(user):
    event = {"title": "Gala", "date": "2100-01-01T18:00:00Z", "location": "Berlin"}
    return ApiClient(user).post("/events", event)


def page_of(user_type: UserType) -> str:
    return f"/admin/accounts/usertype/{user_type.pk}/change/"


def test_a_permission_taken_away_is_gone_at_the_next_request(boss_client):
    brand = UserFactory(role="brand")
    form = form_of(boss_client.get(page_of(brand.user_type)), "usertype_form")

    del form["may_host-events"]
    assert save(boss_client, brand.user_type, form).status_code == 302

    assert create_event(brand).status_code == 403

    form = form_of(boss_client.get(page_of(brand.user_type)), "usertype_form")
    save(boss_client, brand.user_type, form | {"may_host-events": "on"})

    assert create_event(brand).status_code == 201


def test_only_a_superuser_picks_permissions(db):
    colleague = StaffFactory()
    colleague.user_permissions.add(Permission.objects.get(codename="change_usertype"))
    everything = list(Permission.objects.values_list("pk", flat=True))
    investor = UserType.objects.get(slug="investor")
    before = set(investor.permissions.all())
    client = browser(colleague)

    form = form_of(client.get(page_of(investor)), "usertype_form")
    changes = {"name": "Backer", "permissions": everything, "for_staff": "on", "may_edit-people": "on"}
    assert save(client, investor, form | changes).status_code == 302

    investor.refresh_from_db()
    assert (investor.name, investor.for_staff) == ("Backer", False)
    assert set(investor.permissions.all()) == before


def test_nobody_gives_a_type_what_they_may_not_do_themselves(db):
    admin, investor = StaffFactory(groups=["platform-admin"]), UserType.objects.get(slug="investor")
    client = browser(admin)
    form = form_of(client.get(page_of(investor)), "usertype_form")

    save(client, investor, form | {"may_host-events": "on"})

    assert "events.add_event" in names_of(investor.permissions.all())


def test_a_type_of_staff_gives_nothing(boss_client, boss):
    form = form_of(boss_client.get(page_of(boss.user_type)), "usertype_form")

    save(boss_client, boss.user_type, form | {"may_host-events": "on"})

    assert not [name for name in form if name.startswith("may_")]
    assert not boss.user_type.permissions.exists()


def test_a_type_with_permissions_does_not_become_one_of_staff(boss_client):
    brand = UserType.objects.get(slug="brand")
    form = form_of(boss_client.get(page_of(brand)), "usertype_form")

    page = save(boss_client, brand, form | {"for_staff": "on"})

    assert page.context["adminform"].form.non_field_errors() == ["What staff may do is given to them by groups."]


def test_a_type_to_which_a_group_is_limited_is_not_deleted(boss_client):
    for slug, status in (("brand", 403), ("entrepreneur", 302)):
        page = f"/admin/accounts/usertype/{UserType.objects.get(slug=slug).pk}/delete/"
        assert boss_client.post(page, {"post": "yes"}).status_code == status


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

    assert save(boss_client, influencer, form | {"name": "Creator"}).status_code == 302
    for name in ("Agency", "Press"):
        fields = {"name": name, "slug": name.lower(), "alias": ""}
        assert boss_client.post("/admin/accounts/usertype/add/", fields).status_code == 302


def test_the_database_keeps_an_alias_to_one_type(db):
    with pytest.raises(IntegrityError):
        UserType.objects.create(name="Agency", slug="agency", alias="creator")
