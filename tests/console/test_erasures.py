"""Who asked to be erased, and who was."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import Erasure, User
from apps.accounts.services import leaving
from apps.core.models import AuditEntry
from tests.console.conftest import browser
from tests.factories import MessageFactory, ReportFactory, StaffFactory, UserFactory

PAGE = "/admin/accounts/erasure/"


def cancel(client, *erasures):
    chosen = [erasure.pk for erasure in erasures]
    return client.post(PAGE, {"action": "cancel_erasures", "_selected_action": chosen}, follow=True)


def erased(**fields):
    user = UserFactory(**fields)
    Erasure.objects.create(user=user, due_at=timezone.now() - timedelta(minutes=1))
    leaving.erase_due()
    user.refresh_from_db()
    return user


def test_staff_cancel_one_and_the_trail_and_a_mail_say_so(staff, staff_client, run_jobs):
    kept, other = (Erasure.objects.create(user=UserFactory()) for _ in range(2))

    page = cancel(staff_client, kept)

    assert "Cancelled 1 erasures." in page.content.decode()
    assert list(Erasure.objects.all()) == [other]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (
        staff,
        "user.erasure_cancelled",
        f"accounts.user:{kept.user_id}",
    )
    run_jobs()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([kept.user.email], "Your account will not be deleted")
    ]


def test_one_that_has_begun_cannot_be_cancelled(staff_client):
    begun = Erasure.objects.create(user=UserFactory(), begun_at=timezone.now())

    assert "1 had begun already." in cancel(staff_client, begun).content.decode()
    assert Erasure.objects.exists()
    assert not AuditEntry.objects.exists()


def test_who_may_only_look_cancels_none(db):
    colleague = StaffFactory(groups=["support"])
    erasure = Erasure.objects.create(user=UserFactory())

    cancel(browser(colleague), erasure)

    assert Erasure.objects.exists()


def test_the_list_says_how_far_each_is(staff_client):
    Erasure.objects.create(user=UserFactory())
    Erasure.objects.create(user=UserFactory(), begun_at=timezone.now())
    held = UserFactory()
    ReportFactory(case__target_owner=held)
    Erasure.objects.create(user=held, due_at=timezone.now() - timedelta(minutes=1))
    leaving.erase_due()

    html = staff_client.get(PAGE).content.decode()

    for state in ("waiting", "begun", "held back by a report"):
        assert state in html


def test_who_was_erased_is_called_so_and_cannot_be_changed(boss_client):
    user = erased(username="alice")
    page = f"/admin/accounts/user/{user.pk}/change/"

    listed = boss_client.get("/admin/accounts/user/", {"state": "erased"}).content.decode()

    assert "Deleted user" in listed
    assert "Erased" in listed
    assert "alice" not in listed
    assert boss_client.get(page).status_code == 200
    assert boss_client.post(page, {"username": "alice", "is_active": "on"}).status_code == 403
    assert boss_client.post(f"/admin/accounts/user/{user.pk}/password/", {}).status_code == 403
    assert User.objects.get(pk=user.pk).state == User.State.ERASED


def test_their_name_is_given_to_nobody_else(boss_client):
    erased(username="alice")
    form = {"username": "ALICE", "email": "a@b.example", "user_type": 1, "usable_password": "false"}

    page = boss_client.post("/admin/accounts/user/add/", form | {"password1": "Secret@123", "password2": "Secret@123"})

    assert page.context["adminform"].form.errors["username"] == ["A user with that username already exists."]


@pytest.mark.parametrize("path", ["messaging/message", "messaging/conversation"])
def test_lists_show_who_is_left_of_a_conversation(boss_client, path):
    message = MessageFactory(receiver=UserFactory(username="bob"))
    Erasure.objects.create(user=message.sender, due_at=timezone.now() - timedelta(minutes=1))
    leaving.erase_due()

    html = boss_client.get(f"/admin/{path}/").content.decode()

    assert "Deleted user" in html
    assert "bob" in html
    assert message.sender.username not in html
