from apps.accounts.models import UserType
from tests.client import ApiClient


def test_everybody_sees_the_types_one_can_register_as(db):
    response = ApiClient().get("/user-types")

    assert response.status_code == 200
    assert response.json() == {
        "message": "User types retrieved successfully.",
        "data": [
            {"id": 1, "name": "Influencer", "slug": "influencer"},
            {"id": 2, "name": "Brand", "slug": "brand"},
            {"id": 3, "name": "Entrepreneur", "slug": "entrepreneur"},
            {"id": 5, "name": "Investor", "slug": "investor"},
        ],
    }


def test_a_type_that_staff_add_appears(db):
    UserType.objects.create(name="Agency", slug="agency")

    assert "agency" in [row["slug"] for row in ApiClient().get("/user-types").json()["data"]]


def test_a_bad_token_is_refused_here_too(db):
    response = ApiClient().get("/user-types", authorization="Bearer nonsense")

    assert response.status_code == 401
    assert response.json()["detail"] == "Invalid or expired token."
