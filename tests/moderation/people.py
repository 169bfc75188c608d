"""Going away and coming back, over the API."""

from django.http import HttpResponse

from apps.accounts.models import User
from tests.client import ApiClient
from tests.factories import PASSWORD


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
