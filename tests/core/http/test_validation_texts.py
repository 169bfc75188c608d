"""The sentences of the contract, and how bodies are read."""

import pytest

from apps.core.http.errors import VALIDATION_ERROR
from tests.client import ApiClient, pdf_file
from tests.factories import UserFactory

REGISTER = "/users/auth/register"
FORM = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "user_type_id": 2}
API = "/api/v1"


def test_every_field_is_named_and_the_first_is_the_sentence(db):
    response = ApiClient().post(REGISTER, {"username": "brand1", "email": "x"})

    assert response.status_code == 400
    assert response.json() == {
        "error": VALIDATION_ERROR,
        "detail": "Enter a valid email address.",
        "code": "validation_error",
        "status_code": 400,
        "details": {"email": ["Enter a valid email address."], "password": ["This field is required."]},
    }


@pytest.mark.parametrize(
    ("path", "field", "value", "sentence"),
    [
        ("/users/profile", "bio", None, "This field may not be null."),
        ("/users/profile", "bio", 5, "Not a valid string."),
        ("/users/profile", "bio", "x" * 501, "Ensure this field has no more than 500 characters."),
        ("/users/profile", "bio", "a\0b", "Null characters are not allowed."),
        ("/users/profile", "phone", "12", "Enter a valid phone number."),
        ("/users/profile", "languages", "en", "Expected a list of items."),
        ("/users/profile", "social_links", [], "Expected an object."),
        ("/users/profile", "role", "brand", "Unknown field."),
        ("/users/profile", "is_verified", True, "Unknown field."),
        ("/connections/1/action", "status", "perhaps", '"perhaps" is not a valid choice.'),
        ("/connections/1/action", "status", "pending", '"pending" is not a valid choice.'),
        ("/connections/1/action", "status", 5, '"5" is not a valid choice.'),
        ("/connections/1/action", "status", [[5]], "Not a valid string."),
        ("/connections/1/action", "status", None, "This field may not be null."),
    ],
)
def test_a_wrong_value_has_its_sentence(alice_client, path, field, value, sentence):
    response = alice_client.patch(path, {field: value})

    assert response.status_code == 400
    assert response.json()["details"] == {field: [sentence]}


@pytest.mark.parametrize("value", ["x", "", 1.5, True, False, [], {}, 10**40, "1" * 5000])
def test_an_id_is_an_integer(alice_client, value):
    response = alice_client.post("/blocks", {"user_id": value})

    assert response.status_code == 400
    assert response.json()["details"] == {"user_id": ["A valid integer is required."]}


@pytest.mark.parametrize("value", [0, -1, 2**63])
def test_an_id_is_one_that_a_row_can_have(alice_client, value):
    response = alice_client.post("/blocks", {"user_id": value})

    assert response.status_code == 400
    assert list(response.json()["details"]) == ["user_id"]


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_no_body_names_what_is_missing(alice_client, body):
    response = alice_client.generic("POST", f"{API}/blocks", body, "application/json")

    assert response.json()["details"] == {"user_id": ["This field is required."]}


@pytest.mark.parametrize("body", [b"{", b'{"user_id": 1,}', b"{'user_id': 1}", b'{"user_id": NaN}', b"\xff\xfe"])
def test_malformed_json_is_refused(alice_client, body):
    response = alice_client.generic("POST", f"{API}/blocks", body, "application/json")

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"
    assert response.json()["details"] == {"non_field_errors": ["The body is not valid JSON."]}


def test_deeply_nested_json_is_refused_not_a_crash(alice_client):
    deep = b'{"user_id": ' + b'{"a":' * 900 + b"1" + b"}" * 901

    assert alice_client.generic("POST", f"{API}/blocks", deep, "application/json").status_code == 400


def test_nul_is_found_however_deep(alice_client):
    response = alice_client.patch("/users/profile", {"platforms": [{"platform": "x", "handle": "a\0b"}]})

    assert response.status_code == 400
    assert list(response.json()["details"].values()) == [["Null characters are not allowed."]]


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "", "text/x+json"])
def test_json_may_be_called_so(alice_client, content_type):
    body = f'{{"user_id": {UserFactory().pk}}}'

    assert alice_client.generic("POST", f"{API}/blocks", body, content_type).status_code == 201


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/octet-stream"])
def test_other_types_are_not_read(alice_client, content_type):
    response = alice_client.generic("POST", f"{API}/blocks", b'{"user_id": 1}', content_type)

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_type"


def test_a_form_without_files_is_read_for_every_method(alice_client):
    url_encoded = "application/x-www-form-urlencoded"

    response = alice_client.generic("PATCH", f"{API}/users/profile", b"bio=Hello+there", url_encoded)

    assert response.json()["data"]["bio"] == "Hello there"


def test_texts_are_trimmed_and_passwords_are_not(db):
    ApiClient().post(REGISTER, FORM | {"username": " brand1 ", "first_name": " Ann ", "password": " Secret@123 "})

    assert ApiClient().post("/users/auth/login", {"username": "brand1", "password": "Secret@123"}).status_code == 401
    response = ApiClient().post("/users/auth/login", {"username": "brand1", "password": " Secret@123 "})
    assert response.json()["data"]["user"]["first_name"] == "Ann"


@pytest.mark.parametrize("form", [{}, {"file": ""}, {"file": "text"}])
def test_a_file_that_is_not_there_has_its_own_sentence(alice_client, form):
    response = alice_client.post("/users/verify", form={"type": "identity", **form})

    assert response.status_code == 400
    assert response.json()["details"] == {"file": ["No file was submitted."]}


def test_json_cannot_hold_a_file(alice_client):
    response = alice_client.post("/users/verify", {"type": "identity", "file": "licence.pdf"})

    assert response.json()["details"] == {"file": ["No file was submitted."]}


def test_an_unknown_field_of_a_form_is_refused(alice_client):
    form = {"type": "identity", "file": pdf_file(), "status": "approved", "selfie": pdf_file()}

    response = alice_client.post("/users/verify", form=form)

    assert response.status_code == 400
    assert response.json()["details"] == {"status": ["Unknown field."], "selfie": ["Unknown field."]}


@pytest.mark.parametrize("body", [b"", b"no boundary in here", b"--x\r\nbroken"])
def test_a_malformed_form_is_refused(alice_client, body):
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        response = alice_client.generic("POST", f"{API}/users/verify", body, content_type)

        assert response.status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_form_of_too_many_fields_is_refused(alice_client, method):
    path = {"POST": "/users/verify", "PUT": "/users/profile/avatar"}[method]

    response = alice_client.call(method, path, form={f"field{number}": "x" for number in range(1001)})

    assert response.status_code == 400
    assert response.json()["code"] == "parse_error"


def test_a_form_in_another_alphabet_is_refused(alice_client):
    latin = "application/x-www-form-urlencoded; charset=latin-1"

    assert alice_client.generic("POST", f"{API}/blocks", b"user_id=1", latin).status_code == 400


@pytest.mark.parametrize("twice", ["type", "file"])
def test_a_form_field_is_sent_once(alice_client, twice):
    form = {"type": "identity", "file": pdf_file()}
    form[twice] = [form[twice], pdf_file("other.pdf") if twice == "file" else "business"]

    response = alice_client.post("/users/verify", form=form)

    assert response.status_code == 400
    assert response.json()["details"] == {twice: ["Send this field once."]}
