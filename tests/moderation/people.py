"""Going away and coming back, reporting and deciding."""

from typing import Any

from django.db.models import Model
from django.http import HttpResponse

from apps.accounts.models import User
from apps.core.models import OutgoingMail
from apps.moderation.models import Case, Report
from apps.moderation.services import decide_case
from apps.notifications.models import Notification
from tests.client import ApiClient
from tests.factories import PASSWORD, StaffFactory


def deactivate(client: ApiClient, password: str = PASSWORD) -> HttpResponse:
    return client.patch("/users/deactivate", {"password": password})


def log_in(user: User, password: str = PASSWORD) -> HttpResponse:
    return ApiClient().post("/users/auth/login", {"username": user.username, "password": password})


def reactivate(token: str) -> HttpResponse:
    return ApiClient().post("/users/reactivate", {"token": token})


def go_away(user: User) -> str:
    """Deactivate; the token that brings them back."""
    assert deactivate(ApiClient(user)).status_code == 200
    return str(log_in(user).json()["reactivate"])


def come_back(token: str) -> ApiClient:
    response = reactivate(token)
    assert response.status_code == 200
    client = ApiClient()
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {response.json()['data']['access']}"
    return client


def report(reporter: User, row: Model, reason: str = "spam") -> Report:
    """Over the API; the row has the name of its kind."""
    kind = type(row).__name__.lower()
    response = ApiClient(reporter).post("/reports", {"target_type": kind, "target_id": row.pk, "reason": reason})
    assert response.status_code == 201, response.content
    return Report.objects.select_related("case").get(pk=response.json()["data"]["id"])


def boss() -> User:
    return StaffFactory(is_superuser=True)


def decide(
    case: Case, *decisions: str, by: User | None = None, reason: str = "Against the rules", **options: Any
) -> Case:
    decide_case(case=case, by=by or boss(), decisions=decisions, reason=reason, **options)
    return case


def told(person: User) -> list[tuple[str, str]]:
    """Code and message of all notifications, the oldest first."""
    return list(Notification.objects.filter(receiver=person).order_by("pk").values_list("kind__code", "message"))


def mails_to(person: User) -> list[str]:
    return list(OutgoingMail.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))
