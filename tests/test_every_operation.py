"""The contract's conventions, checked on every operation there is or will be.

One test for each rule, and in it one subtest for each operation. `test_every_value` sends them what no database
should meet.
"""

from collections import Counter

import pytest

from apps.core.http import throttling
from tests.factories import UserFactory
from tests.operations import ERROR, OPERATIONS, PATHS, PUBLIC, Operation
from tests.walker import Walker, is_refusal

WITHOUT_LIMIT = {"logout"}
"""Whoever was too busy may still leave, once with each session."""
COUNTED_LATER = {"login", "login_by_cookie"}
"""Which attempt counts is known when it was made: see tests/accounts/test_login.py."""
BAD_TOKEN = {"authorization": "Bearer not.a.token"}
WITH_BODY = [operation for operation in OPERATIONS if operation.content_type]
WRITES = [operation for operation in OPERATIONS if operation.method != "GET"]
READS = [operation for operation in OPERATIONS if operation.method == "GET"]


@pytest.fixture
def visitor(db) -> Walker:
    return Walker()


@pytest.fixture
def member(alice) -> Walker:
    Walker(UserFactory())  # the first session there is, which an operation may end, is not the caller's
    return Walker(alice)


# What the schema says


def test_the_public_operations_are_these():
    assert {operation.id for operation in OPERATIONS if operation.is_public} == PUBLIC


def test_no_two_operations_share_an_id():
    assert [name for name, count in Counter(operation.id for operation in OPERATIONS).items() if count > 1] == []


def test_each_has_one_tag(subtests):
    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            assert len(operation.details["tags"]) == 1


def test_each_declares_what_it_answers(subtests):
    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            successes = {status: row for status, row in operation.details["responses"].items() if int(status) < 300}

            assert successes
            for status, response in successes.items():
                assert int(status) == 204 or next(iter(response["content"].values()))["schema"]


def must_declare(operation: Operation) -> set[int]:
    """Statuses of refusals that its kind brings with it."""
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
    return {status for status, applies in expected.items() if applies}


def test_each_declares_how_it_refuses(subtests):
    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            assert must_declare(operation) <= operation.statuses


def test_every_write_declares_a_limit():
    assert {operation.id for operation in WRITES if 429 not in operation.statuses} == WITHOUT_LIMIT


def test_refusals_have_the_envelope(subtests):
    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            refusals = [
                response["content"]["application/json"]["schema"]
                for status, response in operation.details["responses"].items()
                if int(status) >= 400 and operation.id != "ready"
            ]

            assert all(schema == {"$ref": ERROR} for schema in refusals)


def test_a_body_is_a_named_shape(subtests):
    for operation in WITH_BODY:
        with subtests.test(str(operation)):
            content = operation.details["requestBody"]["content"]

            assert all(media["schema"]["$ref"] for media in content.values())


def test_parameters_are_typed(subtests):
    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            schemas = [schema for place in ("path", "query") for schema in operation.parameters(place).values()]

            assert all({"type", "anyOf", "enum", "$ref"} & schema.keys() for schema in schemas)


# Who may call


def test_it_refuses_an_anonymous_visitor(visitor, each):
    for operation in OPERATIONS:
        if not operation.is_public:
            with each(operation):
                response = visitor.walk(operation)

                assert is_refusal(response, 401)
                assert response["WWW-Authenticate"] == "Bearer"
                assert response.json()["detail"] == "Authentication credentials were not provided."
                assert response.json()["code"] == "not_authenticated"


def test_a_public_one_lets_an_anonymous_visitor_in(visitor, each):
    for operation in OPERATIONS:
        if operation.is_public:
            with each(operation):
                response = visitor.walk(operation)

                assert response.status_code in (200, 400, 404) or response.json()["code"] == "csrf_failed"


def test_it_refuses_a_bad_token(visitor, each):
    for operation in OPERATIONS:
        if operation.knows_tokens:
            with each(operation):
                response = visitor.walk(operation, **BAD_TOKEN)

                assert is_refusal(response, 401)
                assert response["WWW-Authenticate"] == "Bearer"
                assert response.json()["detail"] == "Invalid or expired token."


def test_one_that_knows_no_tokens_does_not_look_at_them(visitor, each):
    for operation in OPERATIONS:
        if not operation.knows_tokens and operation.id != "refresh":
            with each(operation):
                assert visitor.walk(operation, **BAD_TOKEN).status_code == visitor.walk(operation).status_code


# Paths and methods


def test_it_answers_with_and_without_a_slash(member, visitor, each):
    for operation in OPERATIONS:
        for client, name in ((member, "member"), (visitor, "visitor")):
            with each(operation, name):
                plain = client.walk(operation).status_code

                assert operation.id == "logout" or client.walk(operation, operation.url() + "/").status_code == plain


def test_it_answers_head_as_get(member, each):
    for operation in READS:
        with each(operation):
            head, get = member.call("HEAD", operation.url()), member.walk(operation)

            assert (head.status_code, head.content) == (get.status_code, b"")
            assert head["Content-Type"] == get["Content-Type"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_path_refuses_other_methods(member, each, slash):
    for path, methods in PATHS.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods:
            with each(method, path):
                response = member.call(method, Operation(method, path, {}).url() + slash)

                assert is_refusal(response, 405)
                assert response.json()["detail"] == "Method not allowed."
                assert set(response["Allow"].split(", ")) >= methods
                assert response["X-Request-ID"]


# What is sent


def test_it_refuses_an_unknown_field(member, each):
    for operation in WITH_BODY:
        with each(operation):
            response = member.send(operation, {"unknown": "x"})

            assert is_refusal(response, 400)
            assert response.json()["details"]["unknown"] == ["Unknown field."]


def test_it_refuses_an_unknown_field_in_a_form_too(member, each):
    for operation in WITH_BODY:
        if operation.content_type == "application/json":
            with each(operation):
                response = member.walk(operation, form={"unknown": "x"})

                assert response.json()["details"]["unknown"] == ["Unknown field."]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 1000 + b"]" * 1000])
def test_it_refuses_what_is_not_an_object(member, each, body):
    for operation in WITH_BODY:
        with each(operation):
            response = member.send_raw(operation, body, "application/json")

            assert is_refusal(response, 400)
            assert response.json()["details"].keys() == {"non_field_errors"}


def test_it_refuses_another_type_of_body(member, each):
    for operation in WITH_BODY:
        with each(operation):
            assert is_refusal(member.send_raw(operation, b"<a/>", "application/xml"), 415)


def test_it_ignores_unknown_query_parameters(member, each):
    for operation in READS:
        with each(operation):
            assert (
                member.walk(operation, f"{operation.url()}?unknown=1").status_code == member.walk(operation).status_code
            )


# How often


def test_every_write_has_a_limit(member, each, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1/hour")

    for operation in WRITES:
        if operation.id not in WITHOUT_LIMIT | COUNTED_LATER:
            with each(operation):
                throttling.limiter().storage.reset()

                assert member.walk(operation).status_code != 429
                assert is_refusal(member.walk(operation), 429)
