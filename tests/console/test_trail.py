"""Whatever staff save, delete or choose in the console is one row of the trail; every page shows its own."""

from io import BytesIO

import pytest
import tablib
from django.contrib import admin
from django.contrib.auth.models import Permission
from django_q.models import Failure, Schedule

from apps.accounts.models import StaffRole, Taxonomy, User, UserType
from apps.core import audit
from apps.core.models import AuditEntry
from apps.notifications.models import NotificationType
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.console.rows import MAKE, ROWS, make, path_of
from tests.factories import DocumentFactory, StaffFactory, UserFactory

LIST = "/admin/core/auditentry/"
EDITABLE = {
    Taxonomy: {"value": "Spam, or worse"},
    UserType: {"name": "Makers"},
    NotificationType: {"name": "Told"},
    StaffRole: {"name": "Reviewers"},
    Schedule: {"minutes": "7"},
}


def save(client, row, **changes):
    page = path_of(type(row), "change", row.pk)
    form = form_of(client.get(page), f"{row._meta.model_name}_form")
    return client.post(page, form | {"_confirmed": ""} | changes)


@pytest.mark.parametrize("model", EDITABLE, ids=str)
def test_what_is_edited_is_one_row_with_before_and_after(boss, boss_client, model):
    make(model)
    row = model._default_manager.earliest("pk")
    [(field, after)] = EDITABLE[model].items()
    before = getattr(row, field)

    assert save(boss_client, row, **{field: after}).status_code == 302

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (boss, "row.changed", audit.name_of(row))
    assert entry.changes == {field: [str(before or "nothing"), after]}


def test_every_list_that_can_be_edited_is_tried_here():
    def may_change(model):
        page = admin.site._registry[model]
        return page.has_change_permission(type("Request", (), {"user": User(is_superuser=True, is_active=True)})())

    assert {model for model in ROWS if may_change(model)} == {*EDITABLE, User}


def test_what_people_wrote_about_themselves_is_masked(boss_client):
    alice = UserFactory(username="alice")

    save(boss_client, alice, first_name="Alicia", email="new@infloo.in", is_staff="on")

    by_service, by_form = AuditEntry.objects.order_by("pk")
    assert (by_service.action, by_service.changes) == ("user.address_changed", None)
    assert by_form.changes == {"first name": [], "staff status": ["no", "yes"]}
    assert "alicia" not in str(AuditEntry.objects.values_list()).lower()


def test_what_was_given_and_taken_is_named(boss_client):
    given, taken = (Permission.objects.get(codename=f"moderate_{name}") for name in ("story", "event"))
    group = StaffRole.objects.create(name="Reviewers")
    group.permissions.add(taken)

    save(boss_client, group, permissions=[str(given.pk)])

    entry = AuditEntry.objects.get()
    assert entry.changes == {"may": ["Cancel events, and remove people from them", "Take down stories"]}


def test_saving_without_a_change_is_no_row(boss_client):
    make(Taxonomy)

    save(boss_client, Taxonomy.objects.latest("pk"))

    assert not AuditEntry.objects.exists()


def test_what_is_added_and_deleted_is_a_row(boss_client):
    boss_client.post("/admin/accounts/staffrole/add/", {"name": "Reviewers"})
    group = StaffRole.objects.get(name="Reviewers")
    boss_client.post(path_of(StaffRole, "delete", group.pk), {"post": "yes"})

    rows = list(AuditEntry.objects.order_by("pk").values_list("action", "target", "target_name"))
    assert rows == [
        (f"row.{verb}", f"accounts.staffrole:{group.pk}", "group Reviewers") for verb in ("added", "deleted")
    ]


def test_what_is_deleted_together_is_a_row_each(boss_client):
    make(Failure, 2)
    chosen = [str(row.pk) for row in Failure.objects.all()]

    boss_client.post(
        path_of(Failure, "changelist"), {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    )

    assert AuditEntry.objects.filter(action="row.deleted").count() == 2
    assert not Failure.objects.exists()


ACTIONS = [
    (model, action)
    for model in MAKE
    for action in admin.site._registry[model].actions
    # Of the others there is nothing to remove or to restore: see the tests of these lists.
    if action not in ("remove_pictures", "restore_profiles", "restore")
]


@pytest.mark.parametrize(("model", "action"), ACTIONS, ids=str)
def test_what_is_done_to_chosen_rows_is_a_row(boss_client, model, action):
    make(model)
    row = model._default_manager.latest("pk")

    boss_client.post(path_of(model, "changelist"), {"action": action, "_selected_action": [row.pk], "confirmed": "yes"})

    assert AuditEntry.objects.count() == 1


def test_a_page_s_history_is_the_trail_of_its_row(boss_client):
    ada, document = StaffFactory(username="ada"), DocumentFactory(user__username="bob")
    audit.record(actor=ada, action="document.rejected", target=document, note="Too dark <b>")
    audit.record(actor=ada, action="document.approved", target=DocumentFactory(user__username="carol"))

    html = boss_client.get(path_of(type(document), "history", document.pk)).content.decode()

    assert "rejected" in html
    assert "Because: Too dark &lt;b&gt;" in html
    assert "carol" not in html


def test_a_row_without_history_says_so(boss_client):
    html = boss_client.get(path_of(User, "history", UserFactory().pk)).content.decode()

    assert "Nobody of the staff has done anything here yet." in html


def test_the_trail_leads_where_one_may_go(boss_client):
    document = DocumentFactory(user__username="bob")
    audit.record(actor=StaffFactory(username="ada"), action="document.rejected", target=document)
    auditor = StaffFactory()
    auditor.groups.get().permissions.set([Permission.objects.get(codename="view_auditentry")])
    link = path_of(type(document), "change", document.pk)

    assert link in boss_client.get(LIST).content.decode()
    html = browser(auditor).get(LIST).content.decode()
    assert "bob" in html
    assert link not in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=document.rejected", 1),
        ("action=document.approved", 0),
        ("q=accounts.document:{pk}", 1),
        ("q=accounts.document:0", 0),
        ("q=dark", 1),
        ("q=look-1", 0),
    ],
)
def test_it_is_searched_and_filtered(boss_client, query, found):
    document = DocumentFactory()
    audit.record(actor=StaffFactory(), action="document.rejected", target=document, note="Too dark")

    page = boss_client.get(f"{LIST}?{query.format(pk=document.pk)}")

    assert len(page.context["cl"].result_list) == found


@pytest.mark.parametrize("count", [1, 10])
def test_its_query_count_does_not_grow(boss_client, count, django_assert_max_num_queries):
    for _ in range(count):
        audit.record(actor=StaffFactory(), action="document.rejected", target=DocumentFactory())
    boss_client.get(LIST)

    with django_assert_max_num_queries(9):
        assert len(boss_client.get(LIST).context["cl"].result_list) == count


def export(client, kind: int, query: str = ""):
    return client.post(f"{LIST}export/{query}", {"format": str(kind), "resource": ""})


def test_it_is_exported_as_it_is_filtered_and_that_is_a_row(boss, boss_client):
    audit.record(actor=StaffFactory(username="ada"), action="document.rejected", target=DocumentFactory(), note="=1+1")
    audit.record(actor=None, action="user.mfa_reset", target=UserFactory(username="bob"))

    csv = export(boss_client, 0, "?action=user.mfa_reset").content.decode().splitlines()

    assert csv[0] == "when,who,what,details,from where"
    assert [line.split(",")[1:4] for line in csv[1:]] == [["Somebody", "reset bob's two-step login", ""]]
    assert AuditEntry.objects.filter(actor=boss, action="list.exported").count() == 1


@pytest.mark.parametrize("kind", [0, 1])
def test_a_formula_is_text_in_a_spreadsheet(boss_client, kind):
    audit.record(actor=StaffFactory(username="-1+2"), action="user.mfa_reset", target=UserFactory())

    content = export(boss_client, kind).content
    sheet = tablib.Dataset().load(BytesIO(content) if kind else content.decode(), format=["csv", "xlsx"][kind])

    assert sheet["who"] == ["'-1+2"]


@pytest.mark.parametrize(("permissions", "status"), [(["view"], 403), (["view", "export"], 200)])
def test_who_may_read_it_may_not_always_take_it_along(db, permissions, status):
    auditor = StaffFactory()
    given = [Permission.objects.get(codename=f"{name}_auditentry") for name in permissions]
    auditor.groups.get().permissions.set(given)

    assert browser(auditor).get(f"{LIST}export/").status_code == status
    assert export(browser(auditor), 2).status_code == status


def test_a_filter_that_is_none_leads_back(boss_client):
    assert boss_client.get(f"{LIST}export/?actor__password__startswith=a").url == LIST


def test_the_first_page_tells_what_colleagues_did(boss, boss_client):
    document = DocumentFactory(user__username="bob")
    audit.record(actor=StaffFactory(username="ada"), action="document.rejected", target=document)
    audit.record(actor=boss, action="document.approved", target=DocumentFactory())

    [panel] = [one for one in boss_client.get("/admin/").context["panels"] if one["title"] == "What colleagues did"]

    assert [row[:2] for row in panel["content"]["rows"]] == [["ada", "rejected bob's identity document"]]
