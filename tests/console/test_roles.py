"""Groups as switches in words, the difference before it is saved, and what a group's people are shown."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import RequestFactory

from apps.accounts.models import Document, StaffRole, User
from apps.core.capabilities import capabilities, held_with
from apps.core.models import AuditEntry
from tests.accounts.colleagues import permission
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.console.rows import MODELS, ROWS, make, path_of
from tests.factories import DocumentFactory, StaffFactory, UserFactory

LIST = "/admin/accounts/staffrole/"


def role(slug: str) -> StaffRole:
    return StaffRole.objects.get(slug=slug)


def page_of(group: StaffRole) -> str:
    return f"{LIST}{group.pk}/change/"


def groups_of(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/groups/"


def errors_of(page) -> list[str]:
    return list(page.context["adminform"].form.non_field_errors())


@pytest.fixture
def admin_client(db):
    return browser(StaffFactory(username="admin", groups=["platform-admin"]))


@pytest.fixture
def support(db) -> StaffRole:
    return role("support")


def test_every_permission_belongs_to_one_capability():
    names = [name for capability in capabilities() for name in capability.permissions]

    assert len(names) == len(set(names))
    assert len({capability.slug for capability in capabilities()}) == len(capabilities())
    assert len({capability.order for capability in capabilities()}) == len(capabilities())


def test_every_permission_of_a_capability_is_there(db):
    for capability in capabilities():
        for name in capability.permissions:
            assert permission(name), name


def test_every_permission_that_a_page_or_an_action_asks_for_has_a_word(boss_client, boss, monkeypatch):
    asked = set()
    monkeypatch.setattr(User, "has_perm", lambda user, name, obj=None: asked.add(name) or True)
    request = RequestFactory().get("/")
    request.user = boss

    boss_client.get("/admin/")
    for model in MODELS:
        boss_client.get(path_of(model, "changelist"))
        model_admin = admin.site._registry[model]
        for kind in ("view", "add", "change", "delete"):
            getattr(model_admin, f"has_{kind}_permission")(request)
        model_admin.get_actions(request)
        if model in ROWS:
            make(model)
            boss_client.get(path_of(model, "change", model._default_manager.first().pk))

    known = {name for capability in capabilities() for name in capability.permissions}
    assert {"accounts.view_user", "accounts.end_session", "accounts.assign_staffrole"} <= asked
    assert asked - known <= NOT_IN_THIS_CONSOLE


NOT_IN_THIS_CONSOLE = {
    *["accounts.delete_user", "accounts.delete_profile", "accounts.add_profile"],
}
"""Django asks before our pages refuse it to everybody."""


def test_a_platform_admin_holds_every_capability(db):
    assert held_with(role("platform-admin").permission_names()) == capabilities()


def test_the_list_says_who_is_in_a_group_and_what_it_may(admin_client, support):
    StaffFactory.create_batch(2, groups=["support"])

    page = admin_client.get(LIST)

    rows = {row.name: row for row in page.context["cl"].result_list}
    assert (rows["Support"].members, rows["Platform admin"].members, rows["Auditor"].members) == (2, 1, 0)
    assert "See people, see sessions, linked logins and blocks, end sessions" in page.content.decode()


@pytest.mark.parametrize("count", [1, 10])
def test_the_list_s_query_count_does_not_grow(admin_client, django_assert_max_num_queries, count):
    for number in range(count):
        StaffRole.objects.create(name=f"Group {number}").permissions.set(Permission.objects.all()[:20])

    with django_assert_max_num_queries(16):
        admin_client.get(LIST)


def test_first_it_is_said_what_changes_and_whom_it_touches(admin_client, support):
    for number in range(12):
        StaffFactory(username=f"helper{number:02}", groups=["support"])
    form = form_of(admin_client.get(page_of(support)), "staffrole_form")
    del form["may_see-mails"]

    changes = {"may_edit-people": "on", "description": "All hands", "user_types": [2]}
    page = admin_client.post(page_of(support), form | changes)

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))
    assert "Change Support?" in text
    assert "May from now on Dangerous. Edit people May no longer See mails that were sent Also changes" in text
    assert "Limited to: all → Brand" in text
    assert "resets their codes. → All hands" in text
    assert "12 people, from their next request on: helper00, " in text
    assert "helper09, and others." in text
    assert role("support").permission_names() == support.permission_names()
    assert not AuditEntry.objects.exists()

    sent = form_of(page, "power_form")
    assert admin_client.post(page_of(support), sent | {"_confirmed": ""}).status_code == 302

    changed = role("support")
    assert "accounts.change_user" in changed.permission_names()
    assert "core.view_outgoingmail" not in changed.permission_names()
    assert (changed.description, [row.slug for row in changed.user_types.all()]) == ("All hands", ["brand"])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_name) == ("row.changed", "group Support")
    assert entry.changes["may"] == ["See mails that were sent", "Edit people"]
    assert entry.changes["limited to"] == ["nothing", "Brand"]
    assert "for staff" not in entry.changes


def test_one_may_go_back_to_the_form(admin_client, support):
    form = form_of(admin_client.get(page_of(support)), "staffrole_form") | {"may_edit-people": "on"}
    sent = form_of(admin_client.post(page_of(support), form), "power_form")

    page = admin_client.post(page_of(support), sent | {"_back": ""})

    assert form_of(page, "staffrole_form")["may_edit-people"] == ["on"]
    assert errors_of(page) == ["Nothing has changed yet."]
    assert "accounts.change_user" not in role("support").permission_names()


def test_what_is_saved_as_it_was_asks_nothing(admin_client, support):
    form = form_of(admin_client.get(page_of(support)), "staffrole_form")

    assert admin_client.post(page_of(support), form).status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_what_changed_meanwhile_is_refused_and_what_was_typed_is_kept(admin_client, support, is_confirmed):
    form = form_of(admin_client.get(page_of(support)), "staffrole_form") | {"description": "All hands"}
    support.permissions.add(permission("accounts.view_document"))

    page = admin_client.post(page_of(support), form | ({"_confirmed": ""} if is_confirmed else {}))

    assert errors_of(page)[0].startswith("Somebody changed it while you did.")
    again = form_of(page, "staffrole_form")
    assert again["description"] == ["All hands"]
    again |= {"may_see-documents": "on"}
    assert admin_client.post(page_of(support), again | {"_confirmed": ""}).status_code == 302
    assert role("support").description == "All hands"
    assert "accounts.view_document" in role("support").permission_names()


def test_half_a_capability_stays_half_unless_it_is_switched(admin_client, support):
    support.permissions.remove(permission("accounts.view_block"))
    form = form_of(admin_client.get(page_of(support)), "staffrole_form") | {"description": "All hands"}

    admin_client.post(page_of(support), form | {"_confirmed": ""})

    assert "may_see-sessions" not in form
    assert "accounts.view_session" in role("support").permission_names()


def test_a_protected_group_is_not_emptied(admin_client, support):
    form = form_of(admin_client.get(page_of(support)), "staffrole_form")
    bare = {name: value for name, value in form.items() if not name.startswith("may_")}

    page = admin_client.post(page_of(support), bare | {"_confirmed": ""})

    assert errors_of(page)[0].startswith("This group is protected")
    assert role("support").permissions.exists()


def test_a_protected_group_is_not_deleted(boss_client, support):
    assert "/delete/" not in boss_client.get(page_of(support)).content.decode()
    assert boss_client.post(f"{LIST}{support.pk}/delete/", {"post": "yes"}).status_code == 403
    assert role("support")


def test_another_group_is_made_and_deleted(admin_client):
    words = {"name": "Night shift", "description": "Looks", "may_see-people": "on"}

    assert admin_client.post(f"{LIST}add/", words).status_code == 302
    group = StaffRole.objects.get(name="Night shift")
    assert group.permission_names() == {"accounts.view_user", "accounts.view_profile"}
    assert admin_client.post(f"{LIST}{group.pk}/delete/", {"post": "yes"}).status_code == 302

    assert not StaffRole.objects.filter(name="Night shift").exists()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["row.added", "row.deleted"]


@pytest.mark.parametrize(
    ("slug", "target", "is_changed"),
    [
        ("platform-admin", "support", True),
        ("platform-admin", "platform-admin", False),
        ("auditor", "support", False),
    ],
)
def test_who_may_only_look_reads_it_in_words(db, slug, target, is_changed):
    client = browser(StaffFactory(groups=[slug]))

    page = client.get(page_of(role(target)))

    assert ('name="may_see-people"' in page.content.decode()) == is_changed
    if not is_changed:
        assert "Members" in page.content.decode()
        assert client.post(page_of(role(target)), {"name": "Mine"}).status_code == 403


def test_only_superusers_pick_permissions(boss_client, admin_client, support):
    picked = [permission("accounts.view_user").pk, permission("auth.change_permission").pk]

    for client, names in ((admin_client, False), (boss_client, True)):
        form = form_of(client.get(page_of(support)), "staffrole_form")
        assert ("permissions" in form) == names
        client.post(page_of(support), form | {"permissions": picked, "_confirmed": ""})
        assert ("auth.change_permission" in role("support").permission_names()) == names


def test_a_switch_that_one_does_not_hold_stays_as_it_is(db):
    clerk = StaffFactory(groups=["support"])
    clerk.user_permissions.add(permission("accounts.change_staffrole"))
    group = StaffRole.objects.create(name="Looking")
    client = browser(clerk)
    form = form_of(client.get(page_of(group)), "staffrole_form")

    client.post(page_of(group), form | {"may_edit-people": "on", "may_see-people": "on", "_confirmed": ""})

    assert group.permission_names() == {"accounts.view_user", "accounts.view_profile"}


def test_somebody_is_put_into_groups(admin_client):
    colleague = StaffFactory(groups=["trainee"])
    form = form_of(admin_client.get(groups_of(colleague)), "groups_form")
    assert form["groups"] == [str(role("trainee").pk)]

    response = admin_client.post(groups_of(colleague), form | {"groups": [role("support").pk]})

    assert response.url == f"/admin/accounts/user/{colleague.pk}/change/"
    assert [group.name for group in colleague.groups.all()] == ["Support"]
    assert "Support" in admin_client.get(response.url).content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.person, entry.changes) == (
        "user.groups_changed", colleague, {"groups": ["Trainee", "Support"]}
    )  # fmt: skip


def test_only_groups_that_one_may_give_are_offered(db):
    giver = StaffFactory(groups=["support"])
    giver.user_permissions.add(permission("accounts.assign_staffrole"))
    colleague = StaffFactory(groups=["auditor"])
    client = browser(giver)

    page = client.get(groups_of(colleague))
    client.post(groups_of(colleague), {"groups": [role("support").pk]})

    offered = [name for _, name in page.context["form"].fields["groups"].choices]
    assert [name.split(":")[0] for name in offered] == ["Dispute manager", "Support"]
    assert "Only a superuser takes: Auditor." in page.content.decode()
    assert {group.name for group in colleague.groups.all()} == {"Auditor", "Support"}
    refused = client.post(groups_of(colleague), {"groups": [role("platform-admin").pk]})
    assert refused.context["form"].errors


@pytest.mark.parametrize("who", ["a member", "oneself", "a superuser"])
def test_whose_groups_nobody_changes(admin_client, alice, who):
    target = {"a member": alice, "oneself": User.objects.get(username="admin")}.get(who)
    target = target or StaffFactory(is_superuser=True)

    assert admin_client.get(groups_of(target)).status_code == 403
    assert "/groups/" not in admin_client.get(f"/admin/accounts/user/{target.pk}/change/").content.decode()


def test_who_gives_no_groups_is_not_offered_any(db):
    colleague = StaffFactory(groups=["trainee"])

    assert browser(StaffFactory(groups=["support"])).get(groups_of(colleague)).status_code == 403


@pytest.fixture
def papers(db) -> dict[str, Document]:
    return {name: DocumentFactory(user=UserFactory(role=name)) for name in ("brand", "influencer")}


def test_a_manager_sees_people_and_documents_of_their_types_only(papers):
    client = browser(StaffFactory(groups=["brand-manager"]))

    for path in ("/admin/accounts/document/", "/admin/accounts/user/"):
        rows = client.get(path).context["cl"].result_list
        assert {getattr(row, "user", row).role for row in rows} == {"brand"}
    for name, document in papers.items():
        pages = [
            f"/admin/work/documents/{document.pk}/",
            f"/admin/accounts/document/{document.pk}/change/",
            f"/admin/accounts/user/{document.user_id}/change/",
        ]
        answers = [client.get(page).status_code for page in pages]
        assert answers == ([200] * 3 if name == "brand" else [404, 302, 302])


def test_a_manager_s_first_page_counts_what_their_lists_show(papers):
    page = browser(StaffFactory(groups=["brand-manager"])).get("/admin/")

    assert {card["title"]: card["value"] for card in page.context["cards"]} == {"Documents to review": 1, "People": 1}
    panels = {panel["title"]: panel["content"] for panel in page.context["panels"]}
    assert len(panels["Documents that wait"]["rows"]) == 1
    assert [row[0] for row in panels["People by type"]["rows"]] == ["Brand"]
    badges = [item.get("badge") for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert [badge for badge in badges if badge] == ["1"]


def test_a_manager_decides_theirs(papers):
    client = browser(StaffFactory(groups=["influencer-manager"]))

    for document in papers.values():
        client.post(f"/admin/work/documents/{document.pk}/", {"do": "decide", "decision": "approve"})

    assert [row.user.role for row in Document.objects.filter(status="approved")] == ["influencer"]


def test_who_sees_more_documents_than_they_decide_has_no_link_to_the_others(papers):
    client = browser(StaffFactory(groups=["auditor", "brand-manager"]))

    html = client.get("/admin/accounts/document/").content.decode()

    assert f"/admin/work/documents/{papers['brand'].pk}/" in html
    assert f"/admin/work/documents/{papers['influencer'].pk}/" not in html


@pytest.mark.parametrize("path", ["/admin/accounts/document/", "/admin/accounts/user/"])
def test_a_limit_costs_no_queries_for_each_row(db, django_assert_max_num_queries, path):
    client = browser(StaffFactory(groups=["brand-manager"]))
    client.get(path)  # what a process asks once
    counts = []
    for number in (1, 9):
        for _ in range(number):
            DocumentFactory(user=UserFactory(role="brand"))
        with django_assert_max_num_queries(30) as captured:
            client.get(path)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_support_finds_people_and_edits_none(db, alice):
    client = browser(StaffFactory(groups=["support"]))

    page = client.get(f"/admin/accounts/user/{alice.pk}/change/")

    assert page.status_code == 200
    assert client.post(f"/admin/accounts/user/{alice.pk}/change/", {"email": "a@b.example"}).status_code == 403


@pytest.mark.parametrize(("slug", "status"), [("community-manager", 201), ("platform-admin", 201), ("support", 403)])
def test_who_of_the_staff_hosts_events_in_the_app(db, slug, status):
    event = {"title": "Gala", "date": "2100-01-01T18:00:00Z", "location": "Berlin"}

    assert ApiClient(StaffFactory(groups=[slug])).post("/events", event).status_code == status
