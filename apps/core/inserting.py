"""Writing many rows by one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet, Value


def insert_select(
    model: type[Model], columns: Mapping[str, Any], rows: QuerySet[Any], *, returning: Sequence[str]
) -> list[tuple[Any, ...]]:
    """INSERT … SELECT: a row of `model` for each of `rows`; returns the `returning` columns of each, in any order.

    `columns` are values, or expressions over `rows`, by their names in the database. There must be one for every
    column without a default there.
    """
    fields = {field.column: field for field in model._meta.concrete_fields}
    expressions = [
        value if hasattr(value, "resolve_expression") else Value(value, output_field=fields[name])
        for name, value in columns.items()
    ]
    try:
        select, parameters = rows.values_list(*expressions).query.sql_with_params()
    except EmptyResultSet:  # nobody, as `none()` and an empty list of ids have it
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) {select} RETURNING {', '.join(returning)}",
            parameters,
        )
        return list(cursor.fetchall())
