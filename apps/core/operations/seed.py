"""What the product needs to start: the rows in `fixtures/`, never against the will of staff."""

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from apps.core.models import SeededGrant


@transaction.atomic
def seed() -> int:
    """Create what is missing and return how many rows that was; what exists stays as staff left it."""
    created = 0
    for path in sorted(Path(settings.BASE_DIR, "fixtures").glob("*.json")):
        fixture = json.loads(path.read_text())
        model = apps.get_model(fixture["model"])
        created += sum(create_missing(model, fixture["key"], row) for row in fixture["rows"])
        if fixture["key"] == ["id"]:
            reset_sequence(model)
        if "grants" in fixture:
            grant(model, **fixture["grants"])
    return created


def create_missing(model: type[Model], key: list[str], row: dict[str, Any]) -> bool:
    natural = {name: row[name] for name in key}
    created: bool = model._default_manager.get_or_create(**natural, defaults=row)[1]
    return created


def reset_sequence(model: type[Model]) -> None:
    """PostgreSQL's sequence does not see ids that were given."""
    statements = connection.ops.sequence_reset_sql(no_style(), [model])
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def grant(model: type[Model], field: str, permissions: dict[str, list[str]]) -> None:
    """Give each permission once: one that staff took away since is not given back."""
    for row_id, names in permissions.items():
        granted = getattr(model._default_manager.get(pk=row_id), field)
        for name in names:
            if SeededGrant.objects.get_or_create(name=f"{model._meta.label_lower}:{row_id}:{name}")[1]:
                app, codename = name.split(".")
                granted.add(Permission.objects.get(content_type__app_label=app, codename=codename))
