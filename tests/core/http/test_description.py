"""The OpenAPI description says what ninja alone would not."""

import pytest
from ninja.openapi.schema import OpenAPISchema

from api import api
from apps.core.http.routing import Description
from tests.operations import SCHEMA

pytestmark = pytest.mark.sqlite

SHAPES = SCHEMA["components"]["schemas"]


def test_two_kinds_of_status_are_kept_apart():
    assert SHAPES["DocumentOut"]["properties"]["status"]["enum"] == ["pending", "approved", "rejected"]
    assert SHAPES["ConnectionOut"]["properties"]["status"]["enum"] == ["pending", "accepted", "rejected"]


def test_two_shapes_of_one_name_are_a_mistake():
    description = Description(api, "")
    description.add_schema_definitions({"ThingOut": {"type": "object"}})

    with pytest.raises(ValueError, match="Two different schemas are called ThingOut"):
        description.add_schema_definitions({"ThingOut": {"type": "string"}})


def test_it_is_otherwise_ninjas_own():
    assert isinstance(api.get_openapi_schema(path_prefix="/elsewhere"), OpenAPISchema)
    assert "/elsewhere/health" in api.get_openapi_schema(path_prefix="/elsewhere")["paths"]


def test_one_signs_in_by_header_or_cookie():
    assert SCHEMA["components"]["securitySchemes"] == {
        "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "Cookie": {"type": "apiKey", "in": "cookie", "name": "access_token"},
    }


def test_every_reference_leads_somewhere():
    found, parts = set(), [SCHEMA]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            found |= {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            parts += part.values()
        elif isinstance(part, list):
            parts += part

    assert found
    assert {reference.rpartition("/")[2] for reference in found} <= SHAPES.keys()
