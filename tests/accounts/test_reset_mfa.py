"""Staff reset the two-step login of somebody who has lost their codes: in the console, and by a command."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.models import SecondFactor, Session
from apps.accounts.services import staff as services
from apps.core.http.errors import PermissionDenied
from apps.core.models import AuditEntry, FailedAttempts
from tests.accounts.authenticator import with_mfa
from tests.accounts.colleagues import COLLEAGUES
from tests.accounts.mailbox import subjects
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.factories import PASSWORD, StaffFactory

LIST = "/admin/accounts/user/"


@pytest.fixture
def boss_client(db):
    return browser(StaffFactory(username="boss", is_superuser=True))


@pytest.fixture
def clerk_client(db):
    return browser(StaffFactory(username="clerk", groups=["support"]))


def reset(client, user):
    return client.post(f"{LIST}{user.pk}/reset-mfa/", {"_form_submitted": "on"})


def is_offered(client, user):
    return "reset-mfa" in client.get(f"{LIST}{user.pk}/change/").content.decode()


def test_it_is_off_afterwards_and_everybody_is_told(alice, alice_client, clerk_client, run_jobs):
    with_mfa(alice)
    FailedAttempts.objects.get_or_create(
        limit="otp", subject=alice.pk, defaults={"count": 10, "expires_at": "2100-01-01T00:00Z"}
    )

    response = reset(clerk_client, alice)

    assert response["HX-Redirect"] == f"{LIST}{alice.pk}/change/"
    assert not SecondFactor.objects.exists()
    assert alice_client.get("/users/profile").status_code == 401
    entry = AuditEntry.objects.get()
    assert (entry.actor.username, entry.action, entry.target) == (
        "clerk",
        "user.mfa_reset",
        f"accounts.user:{alice.pk}",
    )
    assert not FailedAttempts.objects.filter(subject=alice.pk).exists()
    run_jobs()
    assert subjects() == [("alice@example.com", "Two-step login was reset")]
    assert ApiClient().post("/users/auth/login", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_a_colleague_is_signed_out_of_the_console_too(boss_client):
    colleague = StaffFactory()
    with_mfa(colleague)
    theirs = browser(colleague)
    assert theirs.get("/admin/").status_code == 200

    reset(boss_client, colleague)

    assert theirs.get("/admin/").status_code == 302


def test_the_question_comes_first(alice, clerk_client):
    with_mfa(alice)

    assert is_offered(clerk_client, alice)
    clerk_client.get(f"{LIST}{alice.pk}/reset-mfa/")
    assert SecondFactor.objects.exists()


def test_where_it_is_off_there_is_nothing_to_reset(alice, clerk_client):
    assert not is_offered(clerk_client, alice)
    assert reset(clerk_client, alice).status_code == 403


@pytest.mark.parametrize("who", COLLEAGUES)
def test_only_a_superuser_resets_a_colleague(clerk_client, boss_client, who):
    colleague = COLLEAGUES[who]()
    with_mfa(colleague)

    assert reset(clerk_client, colleague).status_code == 403
    assert SecondFactor.objects.exists()
    assert reset(boss_client, colleague).status_code == 200
    assert not SecondFactor.objects.exists()


def test_nobody_resets_their_own(boss_client):
    boss = boss_client.get("/admin/").wsgi_request.user
    with_mfa(boss)

    assert not is_offered(boss_client, boss)
    assert reset(boss_client, boss).status_code == 403
    with pytest.raises(PermissionDenied):
        services.reset_mfa(user=boss, by=boss)
    assert SecondFactor.objects.exists()


def test_who_may_only_look_resets_nothing(alice, db):
    with_mfa(alice)

    assert reset(browser(StaffFactory()), alice).status_code == 403
    assert SecondFactor.objects.exists()


@pytest.mark.parametrize("name", ["Alice", "alice@example.com"])
def test_a_command_resets_it_on_the_record(alice, alice_client, name):
    with_mfa(alice)
    said = StringIO()

    call_command("reset_mfa", name, stdout=said)

    assert said.getvalue() == "reset the two-step login of alice\n"
    assert not SecondFactor.objects.exists()
    assert not Session.objects.filter(revoked_at=None).exists()
    assert (AuditEntry.objects.get().actor, AuditEntry.objects.get().action) == (None, "user.mfa_reset")


@pytest.mark.parametrize(("name", "sentence"), [("bob", "There is nobody called bob."), ("alice", "off")])
def test_the_command_says_what_is_wrong(alice, name, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("reset_mfa", name)
