"""Where the fields of an answer come from: said once, in its `…Out`, and read from there by whatever shows the object.

A field is the column of its name, or what its annotation says::

    class EventOut(Out):
        id: int
        host: PersonOut                                                     # the columns of host, as PersonOut says
        attendees_count: Annotated[int, Annotation(going_count())]           # an expression of the same query
        role: Annotated[str, Column("user_type__slug")]                     # another column
        cover: Annotated[str | None, ForViewer(cover_url, "id", "cover")]   # a function of the viewer and columns

    class AttendeeOut(PersonOut):  # of rows that lead to people by `user`
        through = "user"
        status: Status
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import itemgetter
from types import UnionType
from typing import Any, get_args, get_origin

from django.db.models import Model, QuerySet
from django.db.models.fields.files import FieldFile
from pydantic import BaseModel

from apps.core.http.errors import NotFound
from apps.core.reading.compiled import Rows
from apps.core.reading.viewer import NOBODY, Viewer

Item = dict[str, Any]
Row = Sequence[Any]


@dataclass(frozen=True)
class Column:
    """The field is this column, of the row or of one it leads to."""

    path: str

    def through(self, path: str) -> "Column":
        return Column(f"{path}__{self.path}")


@dataclass(frozen=True)
class Annotation:
    """The field is an expression, or what a function of the viewer returns as one."""

    expression: Any
    name: str = ""
    """Under which an instance in memory has it, if it is part of a Computed field."""

    def made_for(self, viewer: Viewer) -> Any:
        return self.expression(viewer) if callable(self.expression) else self.expression

    def through(self, path: str) -> "Annotation":
        raise TypeError("An annotation belongs to the rows of one table: no other shape reads it through a path.")


class Computed:
    """The field is a function of columns and annotations. It is small, and asks nothing."""

    def __init__(self, function: Callable[..., Any], *sources: str | Annotation) -> None:
        self.function, self.sources = function, sources

    def through(self, path: str) -> "Computed":
        named = (one.through(path) if isinstance(one, Annotation) else f"{path}__{one}" for one in self.sources)
        return type(self)(self.function, *named)

    def value(self, viewer: Viewer, columns: Row) -> Any:
        return self.function(*columns)


class ForViewer(Computed):
    """As `Computed`, of the viewer and of columns and annotations."""

    def value(self, viewer: Viewer, columns: Row) -> Any:
        return self.function(viewer, *columns)


def or_null(value: Any) -> Any:
    return value or None


def or_empty(value: Any) -> Any:
    return value or []


class Layout:
    """Which columns and annotations a shape reads, and how a row of them becomes an item."""

    def __init__(self, shape: type[BaseModel]) -> None:
        self.shape = shape
        self.columns: list[str] = []
        self.annotations: dict[str, Annotation] = {}
        self.names = list(shape.model_fields)
        self.plain: list[str] = []
        self.made: list[tuple[str, Callable[[Row], Row], Callable[[Viewer, Row], Any]]] = []
        sources = {name: source_of(shape, name) for name in shape.model_fields}
        # First those that are shown as they are, so that a row begins with their values.
        for name, source in sources.items():
            if isinstance(source, Column | Annotation):
                self.plain.append(name)
                self.columns.append(self.column(name, source))
        if len(set(self.columns)) < len(self.columns):
            raise TypeError(f"{shape.__name__} shows a column twice: make one of them a Computed field.")
        for name, source in sources.items():
            if isinstance(source, Nested):
                self.made.append((name, self.picker(source.columns()), source.value))
            elif isinstance(source, Computed):
                columns = [self.column(f"{name}_{number}", one) for number, one in enumerate(source.sources)]
                self.made.append((name, self.picker(columns), source.value))

    def column(self, name: str, source: str | Column | Annotation) -> str:
        if isinstance(source, Annotation):
            self.annotations[source.name or name] = source
            return source.name or name
        return source.path if isinstance(source, Column) else source

    def picker(self, columns: Sequence[str]) -> Callable[[Row], Row]:
        """Picks these columns out of a row; those that are not read yet are from now on."""
        self.columns += [column for column in dict.fromkeys(columns) if column not in self.columns]
        indexes = [self.columns.index(column) for column in columns]
        if len(indexes) == 1:
            (index,) = indexes
            return lambda row: (row[index],)
        return itemgetter(*indexes)

    def select(self, rows: QuerySet[Any, Any], viewer: Viewer) -> QuerySet[Any, Any]:
        """These rows as tuples of the columns."""
        annotated = rows.annotate(**{name: one.made_for(viewer) for name, one in self.annotations.items()})
        columns: QuerySet[Any, Any] = annotated.values_list(*self.columns)
        return columns

    def item(self, row: Row, viewer: Viewer) -> Item:
        item = dict.fromkeys(self.names)
        item.update(zip(self.plain, row, strict=False))  # a row goes on with what the others are made of
        for name, pick, make in self.made:
            item[name] = make(viewer, pick(row))
        return item

    def row_of(self, instance: Model) -> list[Any]:
        """The columns, of an instance in memory with all that they lead to."""
        return [attribute(instance, column) for column in self.columns]


class Nested:
    """The field is an object of another shape; None where there is none."""

    def __init__(self, path: str, shape: type[BaseModel]) -> None:
        self.path, self.layout = path, layout_of(shape)
        if self.layout.annotations:
            raise TypeError(
                f"{shape.__name__} has annotations, which belong to the rows of one table: it is not nested."
            )

    def columns(self) -> list[str]:
        return [f"{self.path}__{column}" for column in self.layout.columns]

    def value(self, viewer: Viewer, columns: Row) -> Item | None:
        return None if columns[0] is None else self.layout.item(columns, viewer)


def source_of(shape: type[BaseModel], name: str) -> Column | Annotation | Computed | Nested:
    field = shape.model_fields[name]
    said = [one for one in field.metadata if isinstance(one, Column | Annotation | Computed)]
    source = said[0] if said else Column(name)
    if (path := getattr(shape, "through", "")) and is_inherited(shape, name):
        source = source.through(path)
    nested = nested_shape(field.annotation)
    return Nested(source.path, nested) if nested and isinstance(source, Column) else source


def is_inherited(shape: type[BaseModel], name: str) -> bool:
    return any(name in base.model_fields for base in shape.__bases__ if issubclass(base, BaseModel))


def nested_shape(annotation: Any) -> type[BaseModel] | None:
    """`Shape`, or that of `Shape | None`."""
    choices = get_args(annotation) if get_origin(annotation) is UnionType else (annotation,)
    return next((one for one in choices if isinstance(one, type) and issubclass(one, BaseModel)), None)


@cache
def layout_of(shape: type[BaseModel]) -> Layout:
    return Layout(shape)


def attribute(instance: Any, column: str) -> Any:
    """What a query would read as `column`."""
    value = reduce(lambda found, name: found and getattr(found, name), column.split("__"), instance)
    return str(value) if isinstance(value, FieldFile) else value


class Shown:
    """Rows as items of a shape, read for one viewer: as much of a queryset as a page needs."""

    def __init__(self, rows: QuerySet[Any, Any] | Rows[Any], shape: type[BaseModel], viewer: Viewer) -> None:
        self.rows, self.layout, self.viewer = rows, layout_of(shape), viewer

    def __iter__(self) -> Iterator[Item]:
        return iter(self.read(None))

    def __getitem__(self, part: slice) -> list[Item]:
        return self.read(part)

    def read(self, part: slice | None) -> list[Item]:
        if isinstance(self.rows, Rows):
            found = self.rows.read(part, self.layout, self.viewer)
        else:
            selected = self.layout.select(self.rows, self.viewer)
            found = list(selected[part] if part else selected)
        return [self.layout.item(row, self.viewer) for row in found]

    def one(self) -> Item:
        """The one there is to see, or 404."""
        if not (found := self[:1]):
            raise NotFound
        return found[0]

    def count(self) -> int:
        return self.rows.count()


def show(rows: QuerySet[Any, Any] | Rows[Any], shape: type[BaseModel], viewer: Viewer = NOBODY) -> Shown:
    """These rows as `shape` declares them, for `viewer`."""
    return Shown(rows, shape, viewer)


def show_instance(instance: Model, shape: type[BaseModel], viewer: Viewer = NOBODY) -> Item:
    """As `show`, of a row that is in memory with all that it leads to; annotations are its attributes."""
    layout = layout_of(shape)
    return layout.item(layout.row_of(instance), viewer)
