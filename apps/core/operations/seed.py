"""What the product needs to start: the rows in `fixtures/`, never against the will of staff."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from apps.core.capabilities import capabilities
from apps.core.models import SeededGrant

EVERYTHING = "*"


@transaction.atomic
def seed() -> int:
    """Create what is missing and return how many rows that was; what exists stays as staff left it."""
    created, fixtures = 0, list(read_fixtures())
    for fixture in fixtures:
        model = apps.get_model(fixture["model"])
        created += sum(create_missing(model, fixture["key"], row) for row in fixture["rows"])
        if fixture["key"] == ["id"]:
            reset_sequence(model)
    for fixture in fixtures:
        if "grants" in fixture:
            grant(apps.get_model(fixture["model"]), **fixture["grants"])
    return created


def read_fixtures() -> Iterator[dict[str, Any]]:
    for path in sorted(Path(settings.BASE_DIR, "fixtures").glob("*.json")):
        yield json.loads(path.read_text())


def create_missing(model: type[Model], key: list[str], row: dict[str, Any]) -> bool:
    """The rows to which a new one leads by its lists of ids may come later: the database looks when it commits."""
    lists = {name: value for name, value in row.items() if model._meta.get_field(name).many_to_many}
    columns = {name: value for name, value in row.items() if name not in lists}
    natural = {name: row[name] for name in key}
    made, is_new = model._default_manager.get_or_create(**natural, defaults=columns)
    for name in lists if is_new else []:
        getattr(made, name).set(lists[name])
    return is_new


def reset_sequence(model: type[Model]) -> None:
    """PostgreSQL's sequence does not see ids that were given."""
    statements = connection.ops.sequence_reset_sql(no_style(), [model])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def grant(model: type[Model], key: str, given: dict[str, list[str]]) -> None:
    """Give each permission once: one that staff took away since is not given back."""
    known = set(SeededGrant.objects.values_list("name", flat=True))
    for value, names in given.items():
        grants = {f"{model._meta.label_lower}:{value}:{name}": name for name in permissions_of(names)}
        if new := {grant: name for grant, name in grants.items() if grant not in known}:
            row: Any = model._default_manager.get(**{key: value})
            row.permissions.add(*find_permissions(new.values()))
            SeededGrant.objects.bulk_create(SeededGrant(name=grant) for grant in new)


def permissions_of(names: Iterable[str]) -> list[str]:
    """`names` are permissions, slugs of capabilities, or `*` for all of these; each permission comes once."""
    known = {capability.slug: capability.permissions for capability in capabilities()}
    known |= {EVERYTHING: [permission for permissions in known.values() for permission in permissions]}
    found = [[name] if "." in name else known[name] for name in names]
    return list(dict.fromkeys(permission for permissions in found for permission in permissions))


def find_permissions(names: Iterable[str]) -> list[Permission]:
    pairs = [name.split(".") for name in names]
    return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in pairs]
