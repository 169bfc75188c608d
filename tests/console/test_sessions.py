from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import Session, User
from apps.core.models import AuditEntry
from tests.client import ApiClient, sign_in
from tests.console.conftest import browser
from tests.factories import StaffFactory, UserFactory

LIST = "/admin/accounts/session/"


def end(client, *sessions: Session):
    return client.post(LIST, {"action": "end_sessions", "_selected_action": [session.pk for session in sessions]})


def test_a_superuser_ends_sessions(boss, boss_client, alice):
    clients = [ApiClient(alice), ApiClient(alice), ApiClient(alice)]

    end(boss_client, *Session.objects.order_by("pk")[:2])

    assert [client.get("/users/profile").status_code for client in clients] == [401, 401, 200]
    ended = AuditEntry.objects.filter(actor=boss, action="session.ended")
    assert ended.count() == 2


def test_an_ended_session_keeps_its_time(boss_client, alice):
    sign_in(alice)
    before = timezone.now() - timedelta(hours=1)
    Session.objects.update(revoked_at=before)

    end(boss_client, Session.objects.get())

    assert Session.objects.get().revoked_at == before


def test_who_may_only_look_ends_none(staff_client, alice, alice_client):
    end(staff_client, Session.objects.get())

    assert alice_client.get("/users/profile").status_code == 200
    assert "end_sessions" not in staff_client.get(LIST).content.decode()


def test_the_permission_to_end_sessions_is_enough(db, alice, alice_client):
    end(browser(StaffFactory(groups=["support"])), Session.objects.get())

    assert alice_client.get("/users/profile").status_code == 401


def test_the_sessions_of_a_colleague_go_on(db, alice, alice_client):
    colleague = ApiClient(StaffFactory())

    end(browser(StaffFactory(groups=["support"])), *Session.objects.all())

    assert alice_client.get("/users/profile").status_code == 401
    assert colleague.get("/users/profile").status_code == 200
    assert AuditEntry.objects.count() == 1


def test_the_list_tells_how_each_stands(boss_client, alice):
    sign_in(alice)
    sign_in(UserFactory(username="ended"))
    sign_in(UserFactory(username="expired"))
    sign_in(UserFactory(username="away"))
    User.objects.filter(username="away").update(is_active=False)
    Session.objects.filter(user__username="ended").update(revoked_at=timezone.now())
    Session.objects.filter(user__username="expired").update(expires_at=timezone.now())

    page = boss_client.get(LIST)
    alive = boss_client.get(LIST, {"state": "alive"})

    admin = page.context["cl"].model_admin
    states = {session.user.username: admin.state(session) for session in page.context["cl"].result_list}
    assert states == {"alice": "signed in", "ended": "ended", "expired": "expired", "away": "ended"}
    assert [session.user.username for session in alive.context["cl"].result_list] == ["alice"]
