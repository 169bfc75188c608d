"""How a query is compiled. Private to `reading`: everything answers the same with COMPILED_QUERIES=off.

The query is built from markers, values that nothing else has, and its statement is searched for them. It is compiled
three times with different ones; whatever differs in the statements depends on more than the arguments as they are.
"""

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, cast

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Count, QuerySet
from django.db.models.query import ValuesListIterable
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

Values = Sequence[Any]
Build = Callable[[Values], QuerySet[Any, Any]]

BITS = {"Int2": 15, "Int4": 31, "Int8": 63, "int": 63}
"""Of psycopg's kinds of numbers, and of Python's where the database has but one."""

compiling: ContextVar[bool] = ContextVar("compiling", default=False)


class NotCompilable(RuntimeError):
    """The statement depends on more than the arguments, or on something that was made of them."""


def is_variable(value: Any) -> bool:
    """Whether a statement takes it as a parameter; None, booleans and members of an Enum decide what it looks like."""
    return isinstance(value, int | str | datetime) and not isinstance(value, bool | Enum)


def shape_of(value: Any) -> Any:
    """What a plan depends on: values of the same shape share one."""
    if is_variable(value):
        return type(value)
    if value is None or isinstance(value, bool | Enum):
        return value
    raise TypeError(f"A compiled query takes no {type(value).__name__}: {value!r}")


class Markers(NamedTuple):
    """One set of values in the place of the variable ones."""

    number: Callable[[int], int]
    text: Callable[[int], str]
    moment: Callable[[int], datetime]

    def instead_of(self, values: Values) -> list[Any]:
        return [self.marker(index, value) if is_variable(value) else value for index, value in enumerate(values)]

    def marker(self, index: int, value: Any) -> Any:
        if isinstance(value, datetime):
            return self.moment(index)
        return self.text(index) if isinstance(value, str) else self.number(index)


# Numbers that every column can hold: a condition that no row can meet would be dropped. The second set is in the
# opposite order and of another length; the texts change in lower case, and show whether they became part of a pattern.
FIRST = Markers(
    number=lambda index: 20_011 + index,
    text=lambda index: f"Aa%_\\{index:03}Zz",
    moment=lambda index: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=index),
)
SECOND = Markers(
    number=lambda index: 19_989 - index,
    text=lambda index: f"Aa%_\\{999 - index:03}Yyy",
    moment=lambda index: datetime(2000, 1, 1, tzinfo=UTC) - timedelta(days=index),
)
FALSE = Markers(number=lambda _: 0, text=lambda _: "", moment=SECOND.moment)


class Parameter(NamedTuple):
    """Where a statement takes a value."""

    position: int
    kind: type
    """The database's own kind of number, if it has one."""
    is_pattern: bool = False
    before: str = ""
    after: str = ""
    """What stands before and after a text that is part of a pattern."""

    def filled(self, values: Values) -> Any:
        value = values[self.position]
        if isinstance(value, str):
            text = connection.ops.prep_for_like_query(value) if self.is_pattern else value
            return f"{self.before}{text}{self.after}"
        return as_value(value, self.kind)

    def fits(self, values: Values) -> bool:
        """Whether the column could hold this number; Django answers for others without asking, in ways of its own."""
        value, bits = values[self.position], BITS.get(self.kind.__name__)
        return bits is None or not isinstance(value, int) or 0 <= value < 2**bits


def as_value(value: Any, kind: type = object) -> Any:
    """As a statement takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return kind(value) if issubclass(kind, int) else value


class Statement(NamedTuple):
    sql: str
    parameters: list[Any]
    """A Parameter for each value that varies; the others are constants."""

    def filled(self, values: Values) -> list[Any]:
        return [one.filled(values) if isinstance(one, Parameter) else one for one in self.parameters]

    def fits(self, values: Values) -> bool:
        return all(one.fits(values) for one in self.parameters if isinstance(one, Parameter))

    def uses(self) -> set[int]:
        return {one.position for one in self.parameters if isinstance(one, Parameter)}


class Plan:
    """A query compiled for one shape of its values.

    `build` makes the queryset; `needed` are the indexes of the values that its statement has to take.
    """

    def __init__(self, build: Build, values: Values, *, needed: set[int], is_kept: bool) -> None:
        self.is_kept = is_kept
        with nothing_else():
            self.template = build(FIRST.instead_of(values))
            self.compiler = self.template.query.get_compiler(connection=connection)
            sql_of(self.template.query, self.compiler)  # learns from it how to make rows into objects
            self.statement = compile_statement(build, values, needed)

    def fits(self, values: Values) -> bool:
        return self.statement.fits(values)

    def read(self, values: Values, ending: str = "") -> list[Any]:
        rows: list[Values] = self.execute(values, ending)
        if self.template._iterable_class is ValuesListIterable:
            return list(self.thread_compiler().results_iter(results=[rows], tuple_expected=True))
        compiler = self.thread_compiler()
        compiler.execute_sql = lambda *_, **__: [rows]  # type: ignore[assignment, method-assign]
        found: QuerySet[Any] = QuerySet(self.template.model, query=cast(Query, WithCompiler(compiler)))
        found._iterable_class = self.template._iterable_class
        return list(found)

    def read_number(self, values: Values) -> int:
        return int(self.execute(values)[0][0])

    def execute(self, values: Values, ending: str = "") -> list[Values]:
        with connection.cursor() as cursor:
            if self.is_kept and connection.vendor == "postgresql":
                # Sends the values apart from the statement, which the database may then keep planned.
                cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
            cursor.execute(self.statement.sql + ending, self.statement.filled(values))
            found: list[Values] = cursor.fetchall()
            return found

    def thread_compiler(self) -> SQLCompiler:
        compiler: SQLCompiler = copy.copy(self.compiler)
        compiler.connection = connection  # each thread has its own
        return compiler


class WithCompiler:
    """In the place of a queryset's own query, whose rows are there already."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self.compiler = compiler

    def get_compiler(self, using: str) -> SQLCompiler:
        return self.compiler


@contextmanager
def nothing_else() -> Iterator[None]:
    """What is asked or looked up while a query is built would be part of it for ever."""
    token = compiling.set(True)
    try:
        with connection.execute_wrapper(refuse_query):
            yield
    finally:
        compiling.reset(token)


def refuse_query(execute: Any, sql: str, *_: Any) -> Any:
    raise NotCompilable(f"A query was sent while another one was built: {sql}")


def counting(build: Build) -> Build:
    """As `count()` would ask, for rows that are not grouped."""

    def count(values: Values) -> QuerySet[Any, Any]:
        rows: QuerySet[Any, Any] = build(values).all()
        rows.query.clear_ordering(force=True)
        rows.query.clear_select_clause()
        rows.query.add_annotation(Count("*"), "count")
        return rows

    return count


def compile_statement(build: Build, values: Values, needed: set[int]) -> Statement:
    first, second = (statement_of(build, values, markers) for markers in (FIRST, SECOND))
    if first != second or raw_sql(build, values, FALSE)[0] != raw_sql(build, values, FIRST)[0]:
        raise NotCompilable(f"It depends on more than which arguments there are: {first.sql}")
    if missing := needed - first.uses():
        raise NotCompilable(f"The arguments {sorted(missing)} are not in the statement as they are: {first.sql}")
    return first


def statement_of(build: Build, values: Values, markers: Markers) -> Statement:
    sql, parameters = raw_sql(build, values, markers)
    found = {index: marker for index, marker in enumerate(markers.instead_of(values)) if is_variable(values[index])}
    statement = Statement(sql, [parameter_of(value, found) or value for value in parameters])
    return with_constants(statement) if connection.vendor == "postgresql" else statement


def raw_sql(build: Build, values: Values, markers: Markers) -> tuple[str, Values]:
    query = build(markers.instead_of(values)).query
    return sql_of(query, query.get_compiler(connection=connection))


def sql_of(query: Query, compiler: SQLCompiler) -> tuple[str, Values]:
    try:
        return compiler.as_sql()
    except (EmptyResultSet, FullResultSet) as error:
        raise NotCompilable(f"Whether it finds anything depends on its arguments: {query.model}") from error


def parameter_of(value: Any, markers: dict[int, Any]) -> Parameter | None:
    for index, marker in markers.items():
        if not isinstance(marker, str):
            if value == as_value(marker) and not isinstance(value, bool):
                return Parameter(index, type(value))
        elif isinstance(value, str):
            for is_pattern, text in ((True, connection.ops.prep_for_like_query(marker)), (False, marker)):
                before, found, after = value.partition(text)
                if found:
                    return Parameter(index, str, is_pattern, before, after)
    return None


def with_constants(statement: Statement) -> Statement:
    """With what never changes written out: a plan for any value could use no partial index."""
    values = iter(statement.parameters)
    parameters = []

    def written_out(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return found[0]
        value = next(values)
        if isinstance(value, Parameter):
            parameters.append(value)
            return found[0]
        return mogrify("%s", [value], connection).replace("%", "%%")

    return Statement(re.sub("%[%s]", written_out, statement.sql), parameters)
