"""Every operation there is, read from the API's own schema, for the tests that hold for all of them."""

import re
from dataclasses import dataclass, field
from typing import Any

from api import api

SCHEMA: dict[str, Any] = api.get_openapi_schema()
ERROR = "#/components/schemas/ErrorOut"
HUGE = "1" + "0" * 30

# Nobody has to sign in here. The first four do not even look at a token, nor do those under /users/auth/.
DEAF = {"health", "ready", "info", "get_calendar_feed"}
PUBLIC = DEAF | {
    "list_user_types",
    "register",
    "login",
    "refresh",
    "get_csrf_token",
    "login_by_cookie",
    "login_by_provider",
    "refresh_by_cookie",
    "reactivate",
    "verify_email",
    "forgot_password",
    "reset_password",
    "list_events",
    "get_event",
    "get_event_calendar",
    "get_event_cover",
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    details: dict[str, Any] = field(hash=False, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        return str(self.details["operationId"])

    @property
    def is_public(self) -> bool:
        return {} in self.details.get("security", [{}])

    @property
    def knows_tokens(self) -> bool:
        return self.id not in DEAF and not (self.is_public and self.path.startswith("/users/auth/"))

    @property
    def statuses(self) -> set[int]:
        return {int(status) for status in self.details["responses"]}

    @property
    def content_type(self) -> str | None:
        """How its body is sent, if it takes one."""
        return next(iter(self.details.get("requestBody", {}).get("content", {})), None)

    @property
    def body(self) -> dict[str, Any]:
        """The schema of its body."""
        content = self.details.get("requestBody", {}).get("content", {})
        return resolve(next(iter(content.values()))["schema"]) if content else {}

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        found = [row for row in self.details.get("parameters", []) if row["in"] == place]
        return {row["name"]: row["schema"] for row in found}

    def url(self, **values: str) -> str:
        """Its path, with `values` or 1 for the parameters."""
        return re.sub(r"{(\w+)}", lambda name: values.get(name[1], "1"), self.path)


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to; of several choices, the one that is not null."""
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            return resolve(choice)
    if "$ref" in schema:
        return resolve(SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def places(schema: dict[str, Any], *types: str) -> dict[str, Any]:
    """Dotted path → a maker of the smallest body with a value there, for each field of these JSON types."""
    found: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        inner = resolve(part)
        if inner.get("type") in types:
            found[name] = lambda value, name=name: {name: value}
        for path, make in places(inner, *types).items():
            found[f"{name}.{path}"] = lambda value, name=name, make=make: {name: make(value)}
        items = resolve(inner.get("items", {}))
        if items.get("type") in types:
            found[f"{name}.0"] = lambda value, name=name: {name: [value]}
        for path, make in places(items, *types).items():
            found[f"{name}.0.{path}"] = lambda value, name=name, make=make: {name: [make(value)]}
    return found


OPERATIONS = [
    Operation(method.upper(), path.removeprefix("/api/v1"), details)
    for path, methods in SCHEMA["paths"].items()
    for method, details in methods.items()
]
PATHS = {
    path.removeprefix("/api/v1"): {method.upper() for method in methods} for path, methods in SCHEMA["paths"].items()
}
