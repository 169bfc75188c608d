"""The contract's conventions, checked on every operation there is or will be."""

import re
from collections import Counter
from typing import Any

import pytest
from django.http import HttpResponse

from apps.core.http import throttling
from tests.client import ApiClient
from tests.operations import ERROR, HUGE, OPERATIONS, PATHS, PUBLIC, Operation, places

WITHOUT_LIMIT = {"logout"}
"""Whoever was too busy may still leave, once with each session."""
COUNTED_LATER = {"login", "login_by_cookie"}
"""Which attempt counts is known when it was made: see tests/accounts/test_login.py."""
BAD_TOKEN = {"authorization": "Bearer not.a.token"}
FIELD_PATH = re.compile(r"[a-z_]+(\.([a-z_]+|\d+))*")
"""How `details` names a field, without the names of types that pydantic puts in."""
TOO_EARLY, TOO_LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


def every(wanted: list[Any]) -> Any:
    """Parametrise over operations, or over tuples that begin with one."""
    rows = [row if isinstance(row, tuple) else (row,) for row in wanted]
    names = ["operation", "name", "make"][: max(map(len, rows))]
    return pytest.mark.parametrize(names, rows, ids=[" ".join(map(str, row[:2])) for row in rows])


WRITES = [operation for operation in OPERATIONS if operation.method != "GET"]
WITH_BODY = [operation for operation in OPERATIONS if operation.content_type]
FILTERS = [(operation, name) for operation in OPERATIONS for name in operation.parameters("query")]
NUMBERED = [
    (operation, name)
    for operation in OPERATIONS
    for name, schema in operation.parameters("path").items()
    if schema["type"] == "integer"
]


def fields(*types: str) -> list[Any]:
    """Every field of every body that has one of these JSON types, however deep."""
    return [(operation, name, make) for operation in WITH_BODY for name, make in places(operation.body, *types).items()]


class Walker(ApiClient):
    """Checks whatever comes back: a request id, and a status that the operation declares."""

    def walk(self, operation: Operation, path: str | None = None, data: Any = None, **options: Any) -> HttpResponse:
        response = self.call(operation.method, path or operation.url(), data, **options)

        assert response["X-Request-ID"]
        assert response.status_code in operation.statuses, response.content
        return response

    def send(self, operation: Operation, body: dict[str, Any]) -> HttpResponse:
        """The body as the operation takes it: JSON or a form."""
        if operation.content_type == "multipart/form-data":
            return self.walk(operation, form=body)
        return self.walk(operation, data=body)


@pytest.fixture
def visitor(db) -> Walker:
    return Walker()


@pytest.fixture
def member(alice) -> Walker:
    return Walker(alice)


def is_refusal(response: HttpResponse, status: int) -> bool:
    """The contract's envelope, and nothing else in it."""
    body = response.json()
    keys = {"error", "detail", "code", "status_code"} | ({"details"} if status == 400 else set())
    return response.status_code == status == body["status_code"] and body.keys() == keys and bool(body["detail"])


# What the schema says


def test_the_public_operations_are_these():
    assert {operation.id for operation in OPERATIONS if operation.is_public} == PUBLIC


def test_no_two_operations_share_an_id():
    assert [name for name, count in Counter(operation.id for operation in OPERATIONS).items() if count > 1] == []


@every(OPERATIONS)
def test_it_has_one_tag(operation):
    assert len(operation.details["tags"]) == 1


@every(OPERATIONS)
def test_it_declares_what_it_answers(operation):
    successes = {status: row for status, row in operation.details["responses"].items() if int(status) < 300}

    assert successes
    for status, response in successes.items():
        assert int(status) == 204 or next(iter(response["content"].values()))["schema"]


@every(OPERATIONS)
def test_it_declares_how_it_refuses(operation):
    has_input = bool(operation.details["parameters"] or operation.content_type)
    makes = operation.method == "POST" and 201 in operation.statuses and not operation.is_public
    expected = {
        400: has_input,
        401: operation.knows_tokens or not operation.is_public,
        404: "{" in operation.path,
        409: makes,
        413: bool(operation.content_type),
        415: bool(operation.content_type),
        500: True,
        503: True,
    }

    assert {status for status, applies in expected.items() if applies} <= operation.statuses


def test_every_write_declares_a_limit():
    assert {operation.id for operation in WRITES if 429 not in operation.statuses} == WITHOUT_LIMIT


def test_every_write_has_a_limit(member, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1/hour")

    for operation in WRITES:
        if operation.id not in WITHOUT_LIMIT | COUNTED_LATER:
            throttling.limiter().storage.reset()
            assert member.walk(operation).status_code != 429
            assert is_refusal(member.walk(operation), 429), operation


@every(OPERATIONS)
def test_its_refusals_have_the_envelope(operation):
    refusals = {
        status: response["content"]["application/json"]["schema"]
        for status, response in operation.details["responses"].items()
        if int(status) >= 400 and operation.id != "ready"
    }

    assert all(schema == {"$ref": ERROR} for schema in refusals.values())


@every(WITH_BODY)
def test_its_body_is_a_named_shape(operation):
    content = operation.details["requestBody"]["content"]

    assert all(media["schema"]["$ref"] for media in content.values())


@every(OPERATIONS)
def test_its_parameters_are_typed(operation):
    assert all(
        {"type", "anyOf", "enum", "$ref"} & schema.keys()
        for place in ("path", "query")
        for schema in operation.parameters(place).values()
    )


# Who may call


@every([operation for operation in OPERATIONS if not operation.is_public])
def test_it_refuses_an_anonymous_visitor(visitor, operation):
    response = visitor.walk(operation)

    assert is_refusal(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["detail"] == "Authentication credentials were not provided."
    assert response.json()["code"] == "not_authenticated"


@every([operation for operation in OPERATIONS if operation.is_public])
def test_it_lets_an_anonymous_visitor_in(visitor, operation):
    response = visitor.walk(operation)

    assert response.status_code in (200, 400, 404) or response.json()["code"] == "csrf_failed"


@every([operation for operation in OPERATIONS if operation.knows_tokens])
def test_it_refuses_a_bad_token(visitor, operation):
    response = visitor.walk(operation, **BAD_TOKEN)

    assert is_refusal(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["detail"] == "Invalid or expired token."


@every([operation for operation in OPERATIONS if not operation.knows_tokens and operation.id != "refresh"])
def test_it_does_not_look_at_a_token(visitor, operation):
    assert visitor.walk(operation, **BAD_TOKEN).status_code == visitor.walk(operation).status_code


# Paths and methods


@every(OPERATIONS)
def test_it_answers_with_and_without_a_slash(member, visitor, operation):
    for client in (member, visitor):
        plain = client.walk(operation).status_code

        assert operation.id == "logout" or client.walk(operation, operation.url() + "/").status_code == plain


@every([operation for operation in OPERATIONS if operation.method == "GET"])
def test_it_answers_head_as_get(member, operation):
    head, get = member.call("HEAD", operation.url()), member.walk(operation)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head["Content-Type"] == get["Content-Type"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_refuses_other_methods(member, path, slash):
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - PATHS[path]

    for method in others:
        response = member.call(method, Operation(method, path, {}).url() + slash)

        assert is_refusal(response, 405)
        assert response.json()["detail"] == "Method not allowed."
        assert set(response["Allow"].split(", ")) >= PATHS[path]
        assert response["X-Request-ID"]


@every(NUMBERED)
@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "٣", HUGE, "9" * 5000])
def test_it_knows_no_such_number(member, operation, name, value):
    response = member.walk(operation, operation.url(**{name: value}), data=None)

    assert is_refusal(response, 404)
    assert response.json()["detail"] == "Not found."


@every([(operation, name) for operation in OPERATIONS for name in operation.parameters("path")])
def test_it_refuses_nul_in_its_path(member, operation, name):
    assert is_refusal(member.walk(operation, operation.url(**{name: "a%00b"})), 404)


# What is sent


@every(WITH_BODY)
def test_it_refuses_an_unknown_field(member, operation):
    response = member.send(operation, {"unknown": "x"})

    assert is_refusal(response, 400)
    assert response.json()["details"]["unknown"] == ["Unknown field."]


@every([operation for operation in WITH_BODY if operation.content_type == "application/json"])
def test_it_refuses_an_unknown_field_in_a_form_too(member, operation):
    response = member.walk(operation, form={"unknown": "x"})

    assert response.json()["details"]["unknown"] == ["Unknown field."]


@every(WITH_BODY)
@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 1000 + b"]" * 1000])
def test_it_refuses_what_is_not_an_object(member, operation, body):
    response = member.generic(operation.method, f"/api/v1{operation.url()}", body, "application/json")

    assert is_refusal(response, 400)
    assert response.json()["details"].keys() == {"non_field_errors"}


@every(WITH_BODY)
def test_it_refuses_another_type_of_body(member, operation):
    response = member.generic(operation.method, f"/api/v1{operation.url()}", b"<a/>", "application/xml")

    assert is_refusal(response, 415)


@every(fields("integer", "number"))
def test_it_takes_no_boolean_for_a_number(member, operation, name, make):
    response = member.send(operation, make(True))

    assert is_refusal(response, 400)
    assert response.json()["details"][name][0] in ("A valid integer is required.", "A valid number is required.")


@every(fields("integer", "number", "string", "boolean", "array", "object"))
@pytest.mark.parametrize(
    "value", [{"a": [1]}, [["x"]], 10**15, 10**400, "", "x\0y", TOO_EARLY, TOO_LATE, "\U0010ffff" * 300]
)
def test_it_survives_any_value(member, operation, name, make, value):
    if operation.content_type == "application/json":
        response = member.send(operation, make(value))

        assert response.status_code < 500
        assert all(FIELD_PATH.fullmatch(field) for field in response.json().get("details", {}))


@every(fields("string"))
def test_it_refuses_nul_in_a_text(member, operation, name, make):
    response = member.send(operation, make("a\0b"))

    assert is_refusal(response, 400)


@every(FILTERS)
@pytest.mark.parametrize("value", ["%00", "a%00b", "", "abc", HUGE, "-1", "true", "%ff", "0001-01-01T00:00:00%2B14:00"])
def test_its_filters_survive_any_value(member, operation, name, value):
    response = member.walk(operation, f"{operation.url()}?{name}={value}")

    assert response.status_code < 500
    assert "%00" not in value or is_refusal(response, 400) or response.status_code in (401, 404)


@every([operation for operation in OPERATIONS if "limit" in operation.parameters("query")])
@pytest.mark.parametrize("limit", [0, 101, -1, "x"])
def test_its_limit_is_between_1_and_100(member, operation, limit):
    response = member.walk(operation, f"{operation.url()}?limit={limit}")

    assert response.status_code == 404 or (is_refusal(response, 400) and "limit" in response.json()["details"])


@every([operation for operation in OPERATIONS if operation.method == "GET"])
def test_it_ignores_unknown_query_parameters(member, operation):
    assert member.walk(operation, f"{operation.url()}?unknown=1").status_code == member.walk(operation).status_code
