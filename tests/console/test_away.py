"""People who deactivated their account themselves, as staff see them."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.accounts.models import User
from apps.core.models import AuditEntry
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.console.test_people import LIST, page_of, save
from tests.factories import StaffFactory, UserFactory
from tests.moderation.people import come_back, go_away, log_in, reactivate


@pytest.fixture
def away(alice) -> User:
    go_away(alice)
    return User.objects.get(pk=alice.pk)


@pytest.fixture
def clerk_client(db):
    """Staff who may edit people, and are no superuser."""
    clerk = StaffFactory(username="clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="change_user", content_type__app_label="accounts"))
    return browser(clerk)


def switch_off(client, user: User):
    return client.post(f"{LIST}{user.pk}/switch-off/", {"_form_submitted": "on"})


def state_of(user: User) -> str:
    return User.objects.get(pk=user.pk).state


def test_the_list_tells_and_filters(staff_client, away):
    UserFactory(username="bob")
    UserFactory(username="carol", is_active=False)

    def found(**query: str) -> set[str]:
        return {user.username for user in staff_client.get(LIST, query).context["cl"].result_list}

    assert found(state="deactivated") == {"alice"}
    assert found(state="switched_off") == {"carol"}
    assert found(state="active") == {"sam", "bob"}
    assert found(state="nonsense") == found()
    for label in ("Deactivated", "Switched off", "Active"):
        assert label in staff_client.get(LIST).content.decode()


def test_the_page_tells_since_when(staff_client, away):
    page = staff_client.get(page_of(away)).content.decode()

    assert "Deactivated" in page
    assert "by their own wish" in page
    assert str(timezone.now().year) in page


def test_nobody_is_reactivated_by_a_tick(boss_client, away):
    page = save(boss_client, away, is_active="on")

    form = page.context["adminform"].form
    assert form.errors == {"is_active": ["They deactivated their account themselves; only they can come back."]}
    assert state_of(away) == "deactivated"


def test_nor_by_a_page_from_before_they_left(boss_client, alice):
    page = form_of(boss_client.get(page_of(alice)), "user_form")
    go_away(alice)

    response = boss_client.post(page_of(alice), page | {"first_name": "Alicia"})

    assert response.status_code == 200
    assert state_of(alice) == "deactivated"


def test_other_changes_leave_them_away_and_say_so(boss_client, away):
    token = log_in(away).json()["reactivate"]

    response = boss_client.post(
        page_of(away), form_of(boss_client.get(page_of(away)), "user_form") | {"first_name": "Alicia"}, follow=True
    )

    warning = str(next(iter(response.context["messages"])))
    assert warning.startswith("They are away by their own wish")
    assert (User.objects.get(pk=away.pk).first_name, state_of(away)) == ("Alicia", "deactivated")
    assert come_back(token).get("/users/profile").status_code == 200


def test_whom_staff_switch_off_meanwhile_stays_off(boss_client, away):
    token = log_in(away).json()["reactivate"]

    response = switch_off(boss_client, away)

    entry = AuditEntry.objects.get()
    assert (response.status_code, response["HX-Redirect"]) == (200, page_of(away))
    assert state_of(away) == "switched_off"
    assert (entry.action, entry.target) == ("user.switched_off", f"accounts.user:{away.pk}")
    assert log_in(away).json()["code"] == "account_inactive"
    assert reactivate(token).status_code == 400


def test_staff_who_switched_them_off_may_switch_them_on(boss_client, away):
    switch_off(boss_client, away)

    save(boss_client, away, is_active="on")

    assert state_of(away) == "active"
    assert log_in(away).status_code == 200


def test_it_asks_before_it_switches_off(boss_client, away):
    page = boss_client.get(page_of(away)).content.decode()
    question = boss_client.get(f"{LIST}{away.pk}/switch-off/")

    assert f"{LIST}{away.pk}/switch-off/" in page
    assert "Switch this account off?" in question.content.decode()
    assert state_of(away) == "deactivated"


@pytest.mark.parametrize("who", ["active", "switched off", "unknown"])
def test_there_is_nothing_to_switch_off_otherwise(boss_client, alice, who):
    User.objects.filter(pk=alice.pk).update(is_active=who != "switched off")
    target = User(pk=0) if who == "unknown" else alice

    assert switch_off(boss_client, target).status_code == 403
    assert "switch-off" not in boss_client.get(page_of(alice)).content.decode()
    assert not AuditEntry.objects.exists()


def test_a_clerk_switches_off_a_person(clerk_client, away):
    assert switch_off(clerk_client, away).status_code == 200
    assert state_of(away) == "switched_off"


def test_a_clerk_switches_off_no_colleague(clerk_client, db):
    colleague = StaffFactory()
    go_away(colleague)

    assert switch_off(clerk_client, colleague).status_code == 403
    assert state_of(colleague) == "deactivated"


def test_who_may_only_look_switches_nobody_off(staff_client, away):
    assert switch_off(staff_client, away).status_code == 403
    assert "switch-off" not in staff_client.get(page_of(away)).content.decode()
    assert state_of(away) == "deactivated"


def test_who_is_switched_off_leaves_no_session_in_the_console(boss_client):
    sam = StaffFactory(username="sam")
    console = browser(sam)
    page = form_of(boss_client.get(page_of(sam)), "user_form")
    page.pop("is_active")

    boss_client.post(page_of(sam), page)
    save(boss_client, sam, is_active="on")

    assert state_of(sam) == "active"
    assert console.get("/admin/").status_code == 302
