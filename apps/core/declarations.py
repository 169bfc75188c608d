"""What a room brings to the rooms above it, declared in its own folder and collected from there.

`console.py` holds `PAGES`, `CARDS`, `PANELS`, `SENTENCES` and `CAPABILITIES`, `reportable.py` holds `REPORTABLES`,
`demo.py` holds `SCENES` and `COMPLAINTS`, `analytics.py` holds `MEASURES` and `DAILY_COUNTS`: each a list, and none of
them needed. `personal.py` holds `PERSONAL`, which a room needs whose rows lead to a person.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.module_loading import module_has_submodule

from apps.core.reading.viewer import Viewer

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.demo.world import World


@cache
def declared(module: str, name: str) -> list[Any]:
    """All that the installed apps list as `name` in their module `module`, by its `order` if it has one."""
    found = [item for items in declared_by_room(module, name).values() for item in items]
    return sorted(found, key=lambda item: getattr(item, "order", 0))


def declared_by_room(module: str, name: str) -> dict[str, list[Any]]:
    """What each of the installed apps lists as `name` in its module `module`, by its label, from the lowest up."""
    rooms = [app for app in apps.get_app_configs() if app.module and module_has_submodule(app.module, module)]
    return {room.label: getattr(import_module(f"{room.name}.{module}"), name, []) for room in rooms}


class Tabs(NamedTuple):
    """Above a list, to narrow it down to one value each; the first may be empty, for all."""

    lookup: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """The list of a model, as the console's navigation shows it to whoever may open it."""

    section: str
    """Its heading, which other rooms may share; it stands where the first of its pages does."""
    title: str
    icon: str
    """Its name among the Material Symbols."""
    model: str
    """As in `accounts.user`."""
    order: int
    waiting: "Callable[[User], int] | None" = None
    """How many rows wait for this person: a number beside the title. What is decided has one beside *Work*."""
    tabs: Tabs | None = None


class Figure(NamedTuple):
    value: int
    note: str


@dataclass(frozen=True)
class Card:
    """A figure on the console's first page, for whoever may open the list of `model`, to which it leads."""

    title: str
    model: str
    figure: "Callable[[User], Figure]"
    order: int


@dataclass(frozen=True)
class Panel:
    """A table or a chart on the console's first page, for whoever may open the list of `model`."""

    title: str
    model: str
    kind: Literal["table", "chart", "line"]
    content: "Callable[[User], Any]"
    """What this person is shown, as unfold's component of this kind takes it."""
    order: int
    permission: str = ""
    """What it takes besides to be shown it."""


class Sentence(NamedTuple):
    """How the audit trail tells of an action, after the name of whoever did it."""

    action: str
    """Its code, as in `document.approved`."""
    words: str
    """`{thing}` is the row, as in "bob's document"; `{person}` is whose it is."""


@dataclass(frozen=True)
class Capability:
    """What somebody may be allowed to do, in words: a switch on the pages of groups and user types."""

    slug: str
    title: str
    """As it goes on after “may”: “Decide documents”."""
    section: str
    """Its heading, which other rooms may share; it stands where the first of its capabilities does."""
    permissions: Sequence[str]
    """As in `accounts.view_user`; each belongs to one capability."""
    order: int
    help: str = ""
    is_dangerous: bool = False
    """Whether it does harm in the wrong hands."""


class Evidence(NamedTuple):
    """A file that a report keeps a copy of."""

    file: FieldFile
    content_type: str
    name: str


class Snapshot(NamedTuple):
    """Whose something is, and what a report keeps of it."""

    owner: "User"
    facts: dict[str, Any]
    files: list[Evidence]


@dataclass(frozen=True)
class Reportable:
    """A kind of rows that people can report."""

    kind: str
    """As POST /reports calls it: one of `moderation.models.Case.Target`."""
    model: type[Model]
    seen_by: Callable[[Viewer], QuerySet[Any]]
    """The rows that somebody may see, and so report."""
    describe: Callable[[Any], Snapshot]
    take_down: "Callable[[Any, User], None] | None" = None
    """Hide a row as a moderator, from its owner too; None where there is nothing to take down."""
    restore: "Callable[[Any, User], None] | None" = None
    """The way back: it is there again, if it was taken down and has not been deleted yet."""
    delete_removed: "Callable[[datetime, Collection[int]], None] | None" = None
    """Delete for good what was taken down before then, but these ids; may be killed, and run twice at once."""


@dataclass(frozen=True)
class Scene:
    """A part of the demo network that needs no more than its people; `order` is part of what a seed means."""

    build: "Callable[[World], None]"
    order: int


class Sighting(NamedTuple):
    """Something that somebody has come across in the demo network, and since when it is there."""

    by: "User"
    target_id: int
    since: datetime


@dataclass(frozen=True)
class Complaints:
    """What some people of the demo network report."""

    kind: str
    about: Sequence[tuple[str, str]]
    """The code of a reason, and words."""
    sightings: "Callable[[World], Iterator[Sighting]]"
    order: int


CAMPAIGNS = ("events.add_event", "marketplace.add_offer")
"""Whoever has one of these is shown how many people they reach."""

PersonByDay = Callable[[int, date, date], Mapping[date, int]]
"""A number for each day, of this person, from the first day to the last; those without any may be left out.

It asks as often however many days there are.
"""


@dataclass(frozen=True)
class Measure:
    """A line of a person's own analytics. Those of one name, of several rooms, are added up."""

    name: str
    """As GET /users/analytics calls it: a field of `insights.schemas.FiguresOut`."""
    count: PersonByDay
    out_of: PersonByDay | None = None
    """Makes it a share, from 0 to 1: of so many. That of all days is their sum out of the sum of these."""
    permissions: Sequence[str] = ()
    """It is shown to whoever has one of them; without any, to everybody."""


@dataclass(frozen=True)
class DailyCount:
    """A figure of the whole network, written down for each day when it is over."""

    name: str
    count: Callable[[date], Mapping[int | None, float]]
    """Of this day: for each user type, by its id, or under None for all together; nothing where there is nothing."""


class DataSubject(NamedTuple):
    """Somebody who is being erased, and how copies in other places may name them."""

    id: int
    username: str
    full_name: str = ""
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exported:
    """A list of rows in the export of the person they lead to."""

    name: str
    columns: Sequence[str]
    """Paths as in `values_list`; one that leads to a person shows the username."""
    files: Sequence[str] = ()
    """Those of the columns that are files, which are copied."""
    rows: Callable[[int], QuerySet[Any]] | None = None
    """If not all that lead to the person are theirs to read."""


@dataclass(frozen=True)
class Personal:
    """What becomes of the rows of `model` that lead to a person by one of the `paths`.

    A path is a foreign key, or begins with one. Without any, it is about texts that may name somebody.
    """

    model: type[Model]
    paths: Sequence[str]
    export: Exported | str
    """A sentence says why these rows are in no export."""
    erase: Callable[[Any, DataSubject], None] | str
    """Does it to these rows, a queryset, set by set; it may be killed and run again. A sentence says why they stay as
    they are."""
    is_held_back: Callable[[int], bool] | None = None
    """Whether an open case keeps some of them: then it is done once more each time, until none does."""

    def rows_of(self, user_id: int) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.all()
        leads = (Q(**{path: user_id}) for path in self.paths)
        return rows.filter(reduce(or_, leads)) if self.paths else rows.none()
