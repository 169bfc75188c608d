"""What transactional tests leave behind goes, and what is seeded stays: Django empties all and makes it anew."""

from functools import cache
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase
from django_q.models import Schedule

from apps.accounts.models import StaffRole, Taxonomy, UserType
from apps.core.models import AuditEntry, SeededGrant
from apps.core.operations.seed import seed
from apps.notifications.models import NotificationType

SEEDED = [
    ContentType,
    Permission,
    UserType,
    UserType.permissions.through,
    Group,
    Group.permissions.through,
    StaffRole,
    StaffRole.user_types.through,
    SeededGrant,
    Taxonomy,
    Schedule,
    NotificationType,
]


APPEND_ONLY = {AuditEntry._meta.db_table} if connection.vendor == "postgresql" else set()
"""A trigger refuses to delete there."""


def seeded_rows() -> list[list[tuple[Any, ...]]]:
    return [sorted(model._base_manager.values_list(), key=repr) for model in SEEDED]


@cache
def as_seeded() -> list[list[tuple[Any, ...]]]:
    """To be called first when nothing else has happened."""
    return seeded_rows()


@cache
def other_tables() -> list[str]:
    kept = {model._meta.db_table for model in SEEDED} | {"django_migrations"}
    return [name for name in connection.introspection.django_table_names(only_existing=True) if name not in kept]


def empty_tables(self: TransactionTestCase) -> None:
    """In place of Django's `_fixture_teardown`."""
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in other_tables())
    # Foreign keys are looked at when it commits.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(asked)
        for (name,) in cursor.fetchall():
            cursor.execute(f"TRUNCATE {name}" if name in APPEND_ONLY else f"DELETE FROM {name}")
    if seeded_rows() != as_seeded():
        call_command("flush", verbosity=0, interactive=False)
        seed()
