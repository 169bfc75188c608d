"""What a database might stumble over, sent to every parameter and field there is or will be."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.operations import HUGE, OPERATIONS, Operation, places
from tests.walker import Walker, is_refusal

FIELD_PATH = re.compile(r"[a-z_]+(\.([a-z_]+|\d+))*")
"""How `details` names a field, without the names of types that pydantic puts in."""
TOO_EARLY, TOO_LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
VALUES = [{"a": [1]}, [["x"]], 10**15, 10**400, "", "x\0y", TOO_EARLY, TOO_LATE, "\U0010ffff" * 300]
"""For fields of any type."""
NUMBERS = ["abc", "-1", "1.5", "٣", HUGE, "9" * 5000]
"""For numbers in a path."""
FILTERS = ["%00", "a%00b", "", "abc", HUGE, "-1", "true", "%ff", "0001-01-01T00:00:00%2B14:00"]
"""For parameters of a query."""


@pytest.fixture
def member(alice) -> Walker:
    return Walker(alice)


def parameters(place: str) -> Iterator[tuple[Operation, str, dict[str, Any]]]:
    """Every parameter there: its operation, its name and its schema."""
    for operation in OPERATIONS:
        for name, schema in operation.parameters(place).items():
            yield operation, name, schema


def fields(*types: str) -> Iterator[tuple[Operation, str, Callable[[object], dict[str, Any]]]]:
    """Every field that has one of these JSON types, however deep: its operation, its name and a maker of its body."""
    for operation in OPERATIONS:
        for name, make in places(operation.body, *types).items():
            yield operation, name, make


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:20])
def test_there_is_no_such_number(member, each, value):
    for operation, name, schema in parameters("path"):
        if schema["type"] == "integer":
            with each(operation, name):
                response = member.walk(operation, operation.url(**{name: value}), data=None)

                assert is_refusal(response, 404)
                assert response.json()["detail"] == "Not found."


def test_nul_in_a_path_is_refused(member, each):
    for operation, name, _ in parameters("path"):
        with each(operation, name):
            assert is_refusal(member.walk(operation, operation.url(**{name: "a%00b"})), 404)


def test_a_boolean_is_no_number(member, each):
    for operation, name, make in fields("integer", "number"):
        with each(operation, name):
            response = member.send(operation, make(True))

            assert is_refusal(response, 400)
            assert response.json()["details"][name][0] in (
                "A valid integer is required.",
                "A valid number is required.",
            )


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_a_field_survives_any_value(member, each, value):
    for operation, name, make in fields("integer", "number", "string", "boolean", "array", "object"):
        if operation.content_type == "application/json":
            with each(operation, name):
                response = member.send(operation, make(value))

                assert response.status_code < 500
                assert all(FIELD_PATH.fullmatch(field) for field in response.json().get("details", {}))


def test_nul_in_a_text_is_refused(member, each):
    for operation, name, make in fields("string"):
        with each(operation, name):
            assert is_refusal(member.send(operation, make("a\0b")), 400)


@pytest.mark.parametrize("value", FILTERS)
def test_a_filter_survives_any_value(member, each, value):
    for operation, name, _ in parameters("query"):
        with each(operation, name):
            response = member.walk(operation, f"{operation.url()}?{name}={value}")

            assert response.status_code < 500
            assert "%00" not in value or is_refusal(response, 400) or response.status_code in (401, 404)


@pytest.mark.parametrize("limit", [0, 101, -1, "x"])
def test_a_limit_is_between_1_and_100(member, each, limit):
    for operation, name, _ in parameters("query"):
        if name == "limit":
            with each(operation):
                response = member.walk(operation, f"{operation.url()}?limit={limit}")

                assert response.status_code == 404 or (
                    is_refusal(response, 400) and "limit" in response.json()["details"]
                )
