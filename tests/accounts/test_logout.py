from apps.accounts.models import Session
from tests.client import ApiClient, sign_in


def test_it_ends_the_session_at_once(alice):
    tokens = sign_in(alice)
    bearer = f"Bearer {tokens.access}"

    response = ApiClient().post("/users/auth/logout", authorization=bearer)

    assert response.status_code == 200
    assert response.json() == {"message": "Logged out successfully", "data": None}
    after = ApiClient().get("/users/profile", authorization=bearer)
    assert (after.status_code, after.json()["detail"]) == (401, "Invalid or expired token.")
    assert ApiClient().post("/users/auth/refresh", {"refresh": tokens.refresh}).status_code == 401


def test_other_devices_stay_signed_in(alice, alice_client):
    ApiClient(alice).post("/users/auth/logout")

    assert alice_client.get("/users/profile").status_code == 200
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_it_needs_a_session(db):
    response = ApiClient().post("/users/auth/logout")

    assert response.status_code == 401
    assert response.json()["detail"] == "Authentication credentials were not provided."
