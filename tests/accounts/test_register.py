from apps.accounts.models import User
from tests.client import ApiClient
from tests.factories import UserFactory

URL = "/users/auth/register"
FORM = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "user_type_id": 2}


def test_it_makes_an_account_of_the_chosen_type(db):
    response = ApiClient().post(URL, FORM | {"phone": "1234567890"})

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "message": "Registration successful.",
        "data": {"id": user.pk, "username": "brand1", "email": "brand@infloo.in", "role": "brand", "is_active": True},
    }
    assert user.profile.phone == "1234567890"
    assert user.check_password("Secret@123")


def test_it_names_everything_that_is_taken_or_weak(db):
    UserFactory(username="Brand1", email="other@infloo.in")

    response = ApiClient().post(URL, FORM | {"email": "OTHER@infloo.in", "password": "x1y2"})

    body = response.json()
    assert response.status_code == 400
    assert (body["error"], body["detail"]) == ("Validation Error", "A user with that username already exists.")
    assert body["details"]["username"] == ["A user with that username already exists."]
    assert body["details"]["email"] == ["A user with that email already exists."]
    assert body["details"]["password"][0].startswith("This password is too short.")


def test_it_welcomes_the_new_member(db):
    ApiClient().post(URL, FORM)

    notifications = ApiClient(User.objects.get()).get("/notifications").json()
    assert [row["message"] for row in notifications["data"]] == ["Welcome to Infloo!"]
    assert notifications["meta"]["unread_count"] == 1
