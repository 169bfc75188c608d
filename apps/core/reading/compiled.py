"""Queries that are written as any other and compiled once.

Django writes the SQL of a queryset anew each time it is read; for what is asked for all the time, that takes longer
than all the rest. A `compiled` function is called for each shape of its arguments only; from then on its statement is
ready, and nothing but the values changes.
"""

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import wraps
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar, cast

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Count, QuerySet
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler

from apps.core.http.errors import NotFound

P = ParamSpec("P")
R = TypeVar("R")
Arguments = Sequence[Any]
Sql = tuple[str, Sequence[Any]]


class NotCompilable(RuntimeError):
    """The statement depends on more than the arguments, or on what was made of them."""


class Place(NamedTuple):
    """Where a statement takes an argument."""

    argument: int
    kind: type
    """The database's own kind of number, if it has one."""
    around: tuple[str, str] = ("", "")
    """What stands before and after a text that is part of a pattern."""

    def filled(self, argument: Any) -> Any:
        if any(self.around):
            return connection.ops.prep_for_like_query(argument).join(self.around)
        return as_value(argument, self.kind)


class Statement(NamedTuple):
    sql: str
    values: list[Any]
    """A Place where an argument goes."""

    def filled(self, arguments: Arguments) -> list[Any]:
        return [v.filled(arguments[v.argument]) if isinstance(v, Place) else v for v in self.values]


class Ready:
    """In the place of a queryset's own query: its rows are there already."""

    def __init__(self, compiler: SQLCompiler, found: list[tuple[Any, ...]]) -> None:
        self.compiler, self.found = compiler, found

    def get_compiler(self, using: str) -> SQLCompiler:
        compiler = copy.copy(self.compiler)
        compiler.connection = connection  # each thread has its own
        compiler.execute_sql = lambda *_, **__: [self.found]  # type: ignore[assignment, method-assign]
        return compiler


def fetched(sql: str, values: Sequence[Any], *, is_kept: bool) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        if is_kept and connection.vendor == "postgresql":
            # Sends the values apart from the statement, which the database may then keep planned.
            cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


class Plan(Generic[R]):
    """What was compiled for one shape of arguments."""

    def __init__(self, recipe: "Recipe[R]", arguments: Arguments) -> None:
        self.build, self.columns, self.arguments = recipe.in_order, recipe.columns, arguments
        self.is_kept = recipe.is_kept(arguments)
        self.template = self.shown(self.build(*marked(arguments, 0)))
        self.compiler = self.template.query.get_compiler(connection=connection)
        self.compiler.as_sql()  # learns from it how to make rows into objects
        self.reading = self.statement(lambda rows: sql_of(self.shown(rows).query))
        self.counting: Statement | None = None

    def shown(self, rows: "QuerySet[Any, R]") -> "QuerySet[Any, R]":
        """Columns come last: what only they need is not joined where rows are counted."""
        return cast("QuerySet[Any, R]", rows.values_list(*self.columns)) if self.columns else rows

    def statement(self, write: "Callable[[QuerySet[Any, R]], Sql]") -> Statement:
        """Compiled twice with different markers: all that is not an argument has to be the same."""
        attempts = [marked(self.arguments, attempt) for attempt in range(2)]
        first, second = (with_places(write(self.build(*attempt)), attempt) for attempt in attempts)
        if first != second:
            raise NotCompilable(first.sql)
        return first

    def read(self, arguments: Arguments, ending: str = "") -> list[R]:
        found = fetched(self.reading.sql + ending, self.reading.filled(arguments), is_kept=self.is_kept)
        rows: QuerySet[Any, R] = QuerySet(self.template.model, query=cast(Query, Ready(self.compiler, found)))
        rows._iterable_class = self.template._iterable_class
        return list(rows)

    def count(self, arguments: Arguments) -> int:
        statement = self.counting = self.counting or self.statement(count_sql)
        return int(fetched(statement.sql, statement.filled(arguments), is_kept=self.is_kept)[0][0])


class Rows(Generic[R]):
    """What a page needs of a queryset."""

    def __init__(self, plan: Plan[R], arguments: Arguments) -> None:
        self.plan, self.arguments = plan, arguments

    def __iter__(self) -> Iterator[R]:
        return iter(self.plan.read(self.arguments))

    def __getitem__(self, part: slice) -> list[R]:
        start: int = part.start or 0
        # In the statement: not knowing how many rows are wanted, PostgreSQL would prepare to read a tenth of them.
        return self.plan.read(self.arguments, f" LIMIT {part.stop - start:d} OFFSET {start:d}")

    def first(self) -> R | None:
        return next(iter(self[:1]), None)

    def one(self) -> R:
        """The one there is to see, or 404."""
        if (row := self.first()) is None:
            raise NotFound
        return row

    def count(self) -> int:
        return self.plan.count(self.arguments)


class Recipe(Generic[R]):
    """What a `compiled` function is made of."""

    def __init__(self, build: "Callable[..., QuerySet[Any, R]]", columns: Sequence[str], planned_for: set[str]) -> None:
        self.build, self.columns, self.planned_for = build, columns, planned_for
        self.names = list(inspect.signature(build).parameters)
        if unknown := planned_for.difference(self.names):
            raise TypeError(f"{build.__name__} has no argument {', '.join(unknown)}")

    def in_order(self, *values: Any) -> "QuerySet[Any, R]":
        return self.build(**dict(zip(self.names, values, strict=True)))

    def is_kept(self, arguments: Arguments) -> bool:
        given = {name for name, value in zip(self.names, arguments, strict=True) if value is not None}
        return not given & self.planned_for


def compiled(build: "Callable[P, QuerySet[Any, R]]") -> Callable[P, Rows[R]]:
    """For a function that returns a queryset without a limit, and neither reads it nor looks at the clock.

    Numbers, moments and texts may differ from call to call; which of them are None, and booleans and members of an
    Enum, are the shape.
    """
    return ready(build, Recipe(build, (), set()))


def compiled_columns(
    *columns: str, planned_for: Iterable[str] = ()
) -> "Callable[[Callable[P, QuerySet[Any, Any]]], Callable[P, Rows[Any]]]":
    """As `compiled`, for rows that are read as tuples of these columns.

    With one of the arguments `planned_for` the database plans each time: how many rows are searched, depends on it.
    """

    def decorate(build: "Callable[P, QuerySet[Any, Any]]") -> Callable[P, Rows[Any]]:
        return ready(build, Recipe(build, columns, set(planned_for)))

    return decorate


def ready(build: "Callable[P, QuerySet[Any, R]]", recipe: Recipe[R]) -> Callable[P, Rows[R]]:
    plans: dict[Any, Plan[R]] = {}

    @wraps(build)
    def rows(*given: P.args, **named: P.kwargs) -> Rows[R]:
        arguments = (*given, *map(named.__getitem__, recipe.names[len(given) :]))
        shape = tuple(type(argument) if is_variable(argument) else argument for argument in arguments)
        if shape not in plans:
            plans[shape] = Plan(recipe, arguments)
        return Rows(plans[shape], arguments)

    return rows


def is_variable(argument: Any) -> bool:
    return isinstance(argument, int | str | datetime) and not isinstance(argument, bool | Enum)


def marked(arguments: Arguments, attempt: int) -> list[Any]:
    """In the place of each variable one a value that nothing else has."""
    return [marker(argument, 100 * attempt + index) for index, argument in enumerate(arguments)]


def marker(argument: Any, number: int) -> Any:
    if not is_variable(argument):
        return argument
    if isinstance(argument, datetime):
        return datetime(1000, 1, 1, tzinfo=UTC) + timedelta(days=number)
    return 2**62 + number if isinstance(argument, int) else f"Compiled{number}."


def with_places(sql: Sql, markers: Arguments) -> Statement:
    text, values = sql
    known = {as_value(marker): index for index, marker in enumerate(markers) if is_variable(marker)}
    statement = Statement(text, [place_of(value, known) or value for value in values])
    return with_constants(statement) if connection.vendor == "postgresql" else statement


def with_constants(statement: Statement) -> Statement:
    """With what never changes written out: a plan for any value could use no partial index."""
    values = iter(statement.values)
    places = []

    def written(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return found[0]
        value = next(values)
        if isinstance(value, Place):
            places.append(value)
            return found[0]
        return mogrify("%s", [value], connection).replace("%", "%%")

    return Statement(re.sub("%[%s]", written, statement.sql), places)


def place_of(value: Any, known: dict[Any, int]) -> Place | None:
    for marker, index in known.items():
        if value == marker:
            return Place(index, type(value))
        if isinstance(value, str) and isinstance(marker, str) and marker in value:
            before, _, after = value.partition(marker)
            return Place(index, str, (before, after))
    return None


def as_value(argument: Any, kind: type = object) -> Any:
    """As a statement takes it."""
    if isinstance(argument, datetime):
        return connection.ops.adapt_datetimefield_value(argument)
    return kind(argument) if issubclass(kind, int) else argument


def count_sql(rows: "QuerySet[Any]") -> Sql:
    """As `count()` would ask, for rows that are not grouped."""
    query = rows.query.clone()
    query.clear_ordering(force=True)
    query.clear_select_clause()
    query.add_annotation(Count("*"), "count")
    return sql_of(query)


def sql_of(query: Query) -> Sql:
    sql, values = query.get_compiler(connection=connection).as_sql()
    return sql, values
