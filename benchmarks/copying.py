"""Writing many rows, fast: COPY on PostgreSQL, executemany on SQLite, indexes afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

Rows = Iterator[dict[str, Any]]
"""Each with the same columns; the rest have their model's defaults."""

DROP_AND_MAKE = {
    "postgresql": """
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index WHERE NOT indisunique AND indrelid = %(table)s::regclass
        UNION ALL
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
            format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE contype = 'f' AND conrelid = %(table)s::regclass
    """,
    "sqlite": """
        SELECT 'DROP INDEX ' || name, sql FROM sqlite_master
        WHERE type = 'index' AND sql LIKE 'CREATE INDEX %%' AND tbl_name = %(table)s
    """,
}
"""The statements by which a table loses and gets its indexes and references (SQLite keeps references)."""


def load(model: type[Model], rows: Rows) -> None:
    table, first = model._meta.db_table, next(rows)
    fields = {field.attname: field for field in model._meta.concrete_fields}
    left_out = [field for name, field in fields.items() if name not in first and not field.primary_key]
    defaults = tuple(field.get_db_prep_save(field.get_default(), connection) for field in left_out)
    names, values = [*first, *(field.attname for field in left_out)], itemgetter(*first)
    columns = ", ".join(str(fields[name].column) for name in names)
    with transaction.atomic(), connection.cursor() as cursor, bare(cursor, table):
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write_row(values(first) + defaults)
                for row in rows:
                    copy.write_row(values(row) + defaults)
        else:
            insert = f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' for _ in names)})"  # noqa: S608
            # The driver's own: Django's keeps all rows.
            cursor.connection.execute(insert, values(first) + defaults)
            cursor.connection.executemany(insert, (values(row) + defaults for row in rows))


@contextmanager
def bare(cursor: Any, table: str) -> Iterator[None]:
    """Without indexes and references, which are made and checked afterwards, for all rows at once."""
    cursor.execute(DROP_AND_MAKE[connection.vendor], {"table": table})
    statements = cursor.fetchall()
    for drop, _ in statements:
        cursor.execute(drop)
    yield
    for _, make in statements:
        cursor.execute(make)


def settle(numbered: Sequence[type[Model]]) -> None:
    """Leave the database as work leaves it. Those `numbered` were given their ids."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), numbered):
            cursor.execute(statement)
        # Before a vacuum, index-only scans and trigram indexes are not what they are in production.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def stamp(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment.astimezone(UTC))
