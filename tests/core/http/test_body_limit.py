"""How much a request may carry, enforced while it is read."""

import json

import pytest

from apps.accounts.schemas import AvatarIn, LoginIn
from apps.core.http import door
from apps.core.http.links import API
from apps.core.http.payload import Payload
from apps.core.http.routing import Router, takes_files
from tests.asgi import exchange
from tests.client import ApiClient
from tests.operations import OPERATIONS

LOGIN = f"{API}/users/auth/login"
AVATAR = f"{API}/users/profile/avatar"
FORM = "multipart/form-data; boundary=x"
WITHOUT_FILES = [
    ("POST", LOGIN),
    ("POST", f"{API}/nothing/here"),
    ("POST", "/"),
    ("POST", "/admin/login/"),
    ("POST", "/admin/accounts/user/add/"),
    ("PUT", "/media/avatars/a.webp"),
    ("POST", AVATAR),
    ("PUT", f"{AVATAR}/x"),
    ("PUT", f"/x{AVATAR}"),
    ("PUT", f"{API}/events/1/x"),
    ("PATCH", f"{API}/chat/1"),
]
WITH_FILES = [("PUT", AVATAR), ("PUT", f"{AVATAR}/"), ("POST", f"{API}/chat/conversations/our-room/messages")]


@pytest.fixture(autouse=True)
def _small(settings):
    settings.MAX_BODY_BYTES = 1000
    settings.MAX_UPLOAD_BYTES = 5000


def is_refused(answer):
    body = json.loads(answer.body)
    return (answer.status, body["code"], body["status_code"]) == (413, "too_large", 413)


def test_what_is_announced_too_large_is_not_asked_for():
    headers = {"content_length": "1001", "content_type": "application/json"}

    answer = exchange("POST", LOGIN, [b"x" * 1001], expect="100-continue", **headers)

    assert is_refused(answer)
    assert answer.taken == 0


def test_who_writes_before_reading_still_sees_the_refusal():
    answer = exchange("POST", LOGIN, [b"x" * 400] * 10, content_length="4000", content_type="application/json")

    assert is_refused(answer)
    assert answer.taken_before_answer == 0
    assert answer.taken == 10  # read and thrown away
    assert answer.headers["connection"] == "close"


def test_what_grows_too_large_is_thrown_away_within_reason(monkeypatch):
    monkeypatch.setattr(door, "DRAINED_BYTES", 800)

    answer = exchange("POST", LOGIN, [b"x" * 400] * 10, content_type="application/json")

    assert is_refused(answer)
    assert answer.taken == 5


def test_a_lie_about_the_length_does_not_help():
    answer = exchange("POST", LOGIN, [b"x" * 400] * 10, content_length="5", content_type="application/json")

    assert is_refused(answer)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_only_a_form_may_hold_files(content_type):
    assert is_refused(exchange("POST", LOGIN, [b"x" * 1001], content_type=content_type))


@pytest.mark.parametrize("content_type", [FORM, FORM.replace("multipart", "MultiPart")])
@pytest.mark.parametrize(("method", "path"), WITH_FILES)
def test_a_form_with_files_may_be_larger(method, path, content_type):
    assert exchange(method, path, [b"x" * 5000], content_type=content_type).status == 401
    assert is_refused(exchange(method, path, [b"x" * 5001], content_type=content_type))


@pytest.mark.parametrize(("method", "path"), WITHOUT_FILES)
def test_where_no_files_are_taken_a_form_has_no_more_than_any_body(method, path):
    announced = exchange(method, path, [b"x" * 1001], content_type=FORM, content_length="1001")
    chunked = exchange(method, path, [b"x" * 500] * 100, content_type=FORM)

    assert is_refused(announced)
    assert announced.taken_before_answer == 0
    assert is_refused(chunked)
    assert chunked.taken_before_answer == 3  # as soon as it was too much


def test_every_operation_takes_what_its_shape_says():
    for operation in OPERATIONS:
        takes_files = "multipart/form-data" in operation.details.get("requestBody", {}).get("content", {})
        limits = {door.limit_for(operation.method, f"{API}{operation.url()}{slash}", FORM) for slash in ("", "/")}
        assert limits == {5000 if takes_files else 1000}, operation


@pytest.mark.parametrize(
    ("shape", "declare"), [(AvatarIn, lambda handler: handler), (LoginIn, takes_files(up_to=1))], ids=["files", "none"]
)
def test_an_operation_says_that_it_takes_files_if_it_does(shape, declare):
    def handler(request, data: Payload[shape]): ...

    with pytest.raises(ValueError, match="handler: @takes_files goes with a body that has files"):
        Router().post("/toys")(declare(handler))


@pytest.mark.parametrize(("path", "megabytes"), [(AVATAR, 5), (f"{API}/events/1", 10)])
def test_each_form_may_be_as_large_as_its_files_and_another_body(settings, path, megabytes):
    settings.MAX_UPLOAD_BYTES = 101 * 1024 * 1024

    assert door.limit_for("PUT", path, FORM) == megabytes * 1024 * 1024 + 1000


def test_the_limit_itself_is_allowed():
    body = b'{"unknown": "%s"}' % (b"x" * 985)

    answer = exchange("POST", LOGIN, [body], content_length="1000", content_type="application/json")

    assert len(body) == 1000
    assert answer.status == 400
    assert "unknown" in json.loads(answer.body)["details"]


@pytest.mark.parametrize("length", ["abc", "-1", "", "1e3", "9" * 5000, "٣".encode().decode("latin-1")])
def test_a_malformed_length_is_no_failure_of_ours(length):
    answer = exchange("POST", LOGIN, [b"{}"], content_length=length, content_type="application/json")

    assert answer.status in (400, 413)


def test_the_refusal_has_a_request_id():
    sane = exchange("POST", LOGIN, content_length="1001", x_request_id="my-request")
    insane = exchange("POST", LOGIN, content_length="1001", x_request_id="my\xe9 request")

    assert sane.headers["x-request-id"] == "my-request"
    assert len(insane.headers["x-request-id"]) == 32


def test_it_holds_for_pages_too():
    assert is_refused(exchange("POST", "/admin/login/", content_length="1001"))


def test_behind_another_server_django_refuses_it(db, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = ApiClient().post("/users/auth/login", {"username": "x" * 1000})

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
