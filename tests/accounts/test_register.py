import pytest
from constance.test import override_config
from django.utils import timezone

from apps.accounts.models import User, UserType
from apps.core import site_settings
from tests.client import ApiClient
from tests.factories import UserFactory
from tests.races import together

URL = "/users/auth/register"
FORM = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "user_type_id": 2}
TAKEN = "A user with that username already exists."


def register(**changes):
    """A field given as None is left out."""
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    return ApiClient().post(URL, form)


def test_it_makes_an_account_of_the_chosen_type(db):
    response = register(phone="1234567890")

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "message": "Registration successful.",
        "data": {"id": user.pk, "username": "brand1", "email": "brand@infloo.in", "role": "brand", "is_active": True},
    }
    assert user.profile.phone == "1234567890"
    assert user.check_password("Secret@123")


def test_it_keeps_what_else_was_told(db):
    register(phone_number="+4917012345678", first_name=" Ann ", last_name="Lee", country="de")

    user = User.objects.get()
    assert (user.first_name, user.last_name) == ("Ann", "Lee")
    assert (user.profile.phone, user.profile.country) == ("+4917012345678", "DE")


def test_it_accepts_the_terms_in_force(db):
    before = timezone.now()
    with override_config(terms_version="2027-01"):
        site_settings.read.cache_clear()
        assert ApiClient().get("/info").json()["terms_version"] == "2027-01"
        register()

    user = User.objects.get()
    assert user.terms_version == "2027-01"
    assert before <= user.terms_accepted_at <= timezone.now()


@pytest.mark.parametrize(
    ("choice", "role"),
    [
        ({"user_type_id": 1}, "influencer"),
        ({"user_type_id": 3}, "entrepreneur"),
        ({"user_type_id": 5}, "investor"),
        ({"user_type_id": "2"}, "brand"),
        ({"role": "influencer"}, "influencer"),
        ({"role": "BRAND"}, "brand"),
        ({"role": "creator"}, "influencer"),
        ({"role": "Business"}, "brand"),
        ({"user_type": "entrepreneur"}, "entrepreneur"),
        ({"user_type": "Creator"}, "influencer"),
        ({"user_type": 5}, "investor"),
        ({"user_type": "5"}, "investor"),
    ],
)
def test_a_type_can_be_chosen_in_every_documented_spelling(db, choice, role):
    response = register(**({"user_type_id": None} | choice))

    assert response.status_code == 201
    assert response.json()["data"]["role"] == role


@pytest.mark.parametrize(
    ("choice", "field", "sentence"),
    [
        ({}, "user_type_id", "This field is required."),
        ({"user_type_id": 4}, "user_type_id", '"4" is not a valid choice.'),
        ({"user_type_id": 99}, "user_type_id", '"99" is not a valid choice.'),
        ({"user_type_id": "two"}, "user_type_id", "A valid integer is required."),
        ({"user_type_id": True}, "user_type_id", "A valid integer is required."),
        ({"role": "staff"}, "role", '"staff" is not a valid choice.'),
        ({"role": "4"}, "role", '"4" is not a valid choice.'),
        ({"role": "king"}, "role", '"king" is not a valid choice.'),
        ({"role": ""}, "role", "Enter a valid value."),
        ({"user_type": 4}, "user_type", '"4" is not a valid choice.'),
        ({"user_type": "STAFF"}, "user_type", '"staff" is not a valid choice.'),
        ({"user_type": "?"}, "user_type", "Enter a valid value."),
        ({"user_type": [2]}, "user_type", "Not a valid string."),
        (
            {"role": "brand", "user_type_id": 2},
            "non_field_errors",
            "Send only one of user_type_id, role and user_type.",
        ),
    ],
)
def test_it_refuses_unknown_and_staff_types(db, choice, field, sentence):
    response = register(**({"user_type_id": None} | choice))

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}
    assert not User.objects.exists()


def test_a_type_for_staff_that_staff_add_is_closed_too(db):
    UserType.objects.create(name="Support", slug="helpers", alias="helper", for_staff=True)

    assert register(user_type_id=None, role="helper").status_code == 400


@pytest.mark.parametrize("username", ["abc", "a" * 50, "A.b_c-9", "007"])
def test_it_accepts_usernames_of_the_documented_letters(db, username):
    assert register(username=username).status_code == 201


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "ab", "Enter a valid value."),
        ("username", "a" * 51, "Enter a valid value."),
        ("username", "two words", "Enter a valid value."),
        ("username", "zoë", "Enter a valid value."),
        ("username", "me@home", "Enter a valid value."),
        ("username", "admin", "This username is not available."),
        ("username", "Avatar", "This username is not available."),
        ("username", "STAFF", "This username is not available."),
        ("username", 12345, "Not a valid string."),
        ("email", "nobody", "Enter a valid email address."),
        ("email", "a b@c.de", "Enter a valid email address."),
        ("email", "a@💩.la", "Enter a valid email address."),
        ("email", "a@" + "ü" * 64 + ".de", "Enter a valid email address."),
        ("email", "\u212aa@b.de", "Enter a valid email address."),
        ("email", "ä@b.de", "Enter a valid email address."),
        ("email", "a@" + "ü." * 120 + "de", "Enter a valid email address."),
        ("email", "a" * 250 + "@b.de", "Ensure this field has no more than 254 characters."),
        ("phone", "123456", "Enter a valid phone number."),
        ("phone", "1" * 16, "Enter a valid phone number."),
        ("phone", "12-34-56-78", "Enter a valid phone number."),
        ("phone", "++12345678", "Enter a valid phone number."),
        ("phone", "١٢٣٤٥٦٧٨", "Enter a valid phone number."),
        ("country", "Germany", '"Germany" is not a valid choice.'),
        ("country", "xx", '"xx" is not a valid choice.'),
        ("first_name", "x" * 151, "Ensure this field has no more than 150 characters."),
        ("is_staff", True, "Unknown field."),
        ("is_verified", True, "Unknown field."),
        ("plan", "platinum", "Unknown field."),
    ],
)
def test_it_refuses_wrong_values(db, field, value, sentence):
    response = register(**{field: value})

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}
    assert not User.objects.exists()


def test_it_names_every_missing_field(db):
    response = ApiClient().post(URL, {"user_type_id": 2})

    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "detail": "This field is required.",
        "code": "validation_error",
        "status_code": 400,
        "details": {name: ["This field is required."] for name in ("username", "email", "password")},
    }


def test_it_names_everything_that_is_taken_or_weak(db):
    UserFactory(username="Brand1", email="other@infloo.in")

    response = register(email="OTHER@infloo.in", password="x1y2")

    body = response.json()
    assert response.status_code == 400
    assert (body["error"], body["detail"]) == ("Validation Error", TAKEN)
    assert body["details"]["username"] == [TAKEN]
    assert body["details"]["email"] == ["A user with that email already exists."]
    assert body["details"]["password"][0].startswith("This password is too short.")


def test_a_deactivated_account_keeps_its_name(db):
    UserFactory(username="brand1", is_active=False)

    assert register().json()["details"] == {"username": [TAKEN]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ann@MÜNCHEN.de", "Ann@xn--mnchen-3ya.de"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
        ("ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai"),
        ("ann@例え。テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("ann@XN--MNCHEN-3YA.de", "ann@xn--mnchen-3ya.de"),
        ("ann@r3---sn.Example.com", "ann@r3---sn.example.com"),
    ],
)
def test_the_domain_of_an_address_is_kept_in_ascii(db, typed, kept):
    assert register(email=typed).json()["data"]["email"] == kept


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ann@bücher.de", "ann@BÜCHER.de"),
        ("ann@bücher.de", "ANN@xn--bcher-kva.de"),
        ("ann@xn--bcher-kva.de", "ann@bu\u0308cher.de"),
        ("ann@bücher.de", "ann@ｂücher．de"),
    ],
)
def test_an_address_is_taken_however_its_domain_is_spelt(db, first, second):
    register(email=first)

    response = register(username="brand2", email=second)

    assert response.json()["details"] == {"email": ["A user with that email already exists."]}


@pytest.mark.parametrize("password", ["Secret@123", "secure123", "syam1234"])
def test_the_documented_passwords_pass(db, password):
    assert register(password=password).status_code == 201


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("x1y2z3", "This password is too short. It must contain at least 8 characters."),
        ("password", "This password is too common."),
        ("8407193652", "This password is entirely numeric."),
        ("brand1brand", "The password is too similar to the username."),
    ],
)
def test_weak_passwords_are_refused_in_djangos_words(db, password, sentence):
    response = register(password=password)

    assert response.status_code == 400
    assert response.json()["details"] == {"password": [sentence]}


def test_a_password_is_not_trimmed(db):
    register(password="  Secret@123 ")

    assert User.objects.get().check_password("  Secret@123 ")


def test_it_does_not_look_at_a_bad_token(db):
    assert ApiClient().post(URL, FORM, authorization="Bearer nonsense").status_code == 201


def test_it_welcomes_the_new_member(db):
    register()

    notifications = ApiClient(User.objects.get()).get("/notifications").json()
    (welcome,) = notifications["data"]
    assert (welcome["title"], welcome["message"], welcome["type"]) == ("Welcome", "Welcome to Infloo!", "system")
    assert welcome["redirect"]["url"] == "/api/v1/users/profile/brand1"
    assert notifications["meta"]["unread_count"] == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_of_two_who_take_a_name_at_once_gets_it():
    answers = together(
        lambda: register(username="Twin", email="one@infloo.in"),
        lambda: register(username="tWIN", email="two@infloo.in"),
    )

    refused, made = sorted(answers, key=lambda answer: answer.status_code, reverse=True)
    assert (made.status_code, refused.status_code) == (201, 400)
    assert refused.json()["details"] == {"username": [TAKEN]}
    assert User.objects.count() == 1
