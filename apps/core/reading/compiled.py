"""Queries that are written as any other and compiled once.

Django writes the SQL of a queryset anew each time it is read; for what is asked for all the time, that takes longer
than all the rest. A `compiled` function is called for each shape of its arguments only; from then on its statement is
ready, and nothing but the values changes.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from threading import Lock
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from django.conf import settings
from django.db.models import QuerySet

from apps.core.http.errors import NotFound
from apps.core.reading.plans import Plan, Values, counting, is_variable, shape_of
from apps.core.reading.viewer import NOBODY, Viewer

P = ParamSpec("P")
R = TypeVar("R")
Arguments = tuple[Any, ...]

MAX_PLANS = 128
"""Of one query; the oldest makes room."""

compiled_queries: "list[CompiledQuery[Any]]" = []
"""All there are, for the test that compares each with its plain queryset."""


class Layout(Protocol):
    """What `compiled` needs to know of the shape in which rows are read."""

    def select(self, rows: "QuerySet[Any, Any]", viewer: Viewer) -> "QuerySet[Any, Any]": ...


class CompiledQuery(Generic[R]):
    """A function that returns a queryset, and the plans that were made of it."""

    def __init__(self, build: "Callable[..., QuerySet[Any, R]]", custom_plan: Iterable[str]) -> None:
        self.build, self.custom_plan = build, set(custom_plan)
        self.names = list(inspect.signature(build).parameters)
        if unknown := self.custom_plan.difference(self.names):
            raise TypeError(f"{build.__name__} has no argument {', '.join(unknown)}")
        self.plans: dict[Any, Plan] = {}
        self.lock = Lock()
        compiled_queries.append(self)

    def plain(self, arguments: Arguments) -> "QuerySet[Any, R]":
        return self.build(**dict(zip(self.names, arguments, strict=True)))

    def plan(self, arguments: Arguments, values: Values, layout: Layout | None, *, counts: bool = False) -> Plan:
        key = (layout, counts, *map(type, arguments), *map(shape_of, values))
        return self.plans.get(key) or self.add_plan(key, arguments, values, layout)

    def add_plan(self, key: Any, arguments: Arguments, values: Values, layout: Layout | None) -> Plan:
        def build(values: Values) -> "QuerySet[Any, Any]":
            *given, viewer = with_leaves((*arguments, NOBODY), values)
            rows = self.plain(tuple(given))
            return layout.select(rows, viewer) if layout else rows

        given = {name for name, value in zip(self.names, arguments, strict=True) if value is not None}
        is_kept = not given & self.custom_plan
        counts = key[1]
        plan = Plan(counting(build) if counts else build, values, needed=needed(arguments), is_kept=is_kept)
        with self.lock:
            while len(self.plans) >= MAX_PLANS:
                del self.plans[next(iter(self.plans))]
            self.plans[key] = plan
        return plan


class Rows(Generic[R]):
    """What a compiled query finds for these arguments: as much of a queryset as a page needs."""

    def __init__(self, query: CompiledQuery[R], arguments: Arguments) -> None:
        self.query, self.arguments = query, arguments

    def __iter__(self) -> Iterator[R]:
        return iter(self.read())

    def __getitem__(self, part: slice) -> list[R]:
        return self.read(part)

    def first(self) -> R | None:
        return next(iter(self[:1]), None)

    def one(self) -> R:
        """The one there is to see, or 404."""
        if (row := self.first()) is None:
            raise NotFound
        return row

    def count(self) -> int:
        values = leaves((*self.arguments, NOBODY))
        if settings.COMPILED_QUERIES:
            plan = self.query.plan(self.arguments, values, None, counts=True)
            if plan.fits(values):
                return plan.read_number(values)
        return self.plain().count()

    def plain(self) -> "QuerySet[Any, R]":
        return self.query.plain(self.arguments)

    def read(self, part: slice | None = None, layout: Layout | None = None, viewer: Viewer = NOBODY) -> list[Any]:
        """Rows as objects, or as the columns that `layout` selects for `viewer`."""
        values = leaves((*self.arguments, viewer))
        if settings.COMPILED_QUERIES:
            plan = self.query.plan(self.arguments, values, layout)
            if plan.fits(values):
                return plan.read(values, limit_of(part))
        rows = layout.select(self.plain(), viewer) if layout else self.plain()
        return list(rows[part] if part else rows)


def compiled(*, custom_plan: Iterable[str] = ()) -> "Callable[[Callable[P, QuerySet[Any, R]]], Callable[P, Rows[R]]]":
    """For a function that returns a queryset without a limit, and neither reads it nor looks at the clock.

    Its arguments are viewers, numbers, moments and texts, which may differ from call to call, and booleans, members of
    an Enum and None, each of which has a statement of its own. Each number, moment and text has to go into the
    statement as it is. With one of the arguments `custom_plan` PostgreSQL plans each time: how many rows are searched
    depends on it.
    """

    def decorate(build: "Callable[P, QuerySet[Any, R]]") -> Callable[P, Rows[R]]:
        query = CompiledQuery(build, custom_plan)

        @wraps(build)
        def rows(*given: P.args, **named: P.kwargs) -> Rows[R]:
            return Rows(query, (*given, *map(named.__getitem__, query.names[len(given) :])))

        return rows

    return decorate


def limit_of(part: slice | None) -> str:
    """In the statement: not knowing how many rows are wanted, PostgreSQL would prepare to read a tenth of them."""
    if part is None:
        return ""
    start: int = part.start or 0
    return f" LIMIT {part.stop - start:d} OFFSET {start:d}"


def leaves(arguments: Arguments) -> list[Any]:
    """The arguments, with what a viewer is made of in its place."""
    return [leaf for one in arguments for leaf in (one if isinstance(one, Viewer) else (one,))]


def with_leaves(arguments: Arguments, values: Values) -> list[Any]:
    """The arguments again, made of other leaves."""
    rest = iter(values)
    return [Viewer(next(rest), next(rest), next(rest)) if isinstance(one, Viewer) else next(rest) for one in arguments]


def needed(arguments: Arguments) -> set[int]:
    """The indexes of the leaves that have to be in the statement; of a viewer, who it is."""
    found, index = set(), 0
    for one in arguments:
        leaf, width = (one.id, len(one)) if isinstance(one, Viewer) else (one, 1)
        if is_variable(leaf):
            found.add(index)
        index += width
    return found
