"""What waits for a decision of staff.

A room lists its kinds as `WORK` in its `work.py`; the console shows all of them in one queue, and each row on one page.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from django.db.models import Model, QuerySet
from django.forms import Form

from apps.core.declarations import declared

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.core.http.auth import SignedInRequest

Row = TypeVar("Row", bound=Model)


class Summary(NamedTuple):
    """What the queue says of a row."""

    text: str
    person: "User | None"
    """Whose it is; with user type and profile."""
    since: datetime
    severity: int = 0
    """The higher, the sooner."""


class Fact(NamedTuple):
    """What is known besides, for whoever decides."""

    title: str
    text: str
    link: str = ""
    permission: str = ""
    """What it takes to follow the link."""


class Choice(NamedTuple):
    """One of the decisions that the form offers, as `value` of its first field."""

    value: str
    title: str
    key: str
    """On the keyboard; it chooses, and never decides."""
    is_dangerous: bool = False


class Consequence(NamedTuple):
    """Somebody is told, in these words."""

    who: str
    how: str
    messages: list[str]


class Preview(NamedTuple):
    """What a decision would do."""

    happens: list[str]
    told: list[Consequence]


class Work(ABC, Generic[Row]):
    """A kind of rows that staff decide."""

    slug: ClassVar[str]
    """In addresses."""
    title: ClassVar[str]
    """Of all of them, as in "Documents"."""
    permission: ClassVar[str]
    """What it takes to decide them."""
    order: ClassVar[int]
    form_class: ClassVar[type[Form]]
    """Its first field takes the choices."""
    choices: ClassVar[Sequence[Choice]]
    evidence_template: ClassVar[str]

    @abstractmethod
    def rows(self, viewer: "User") -> QuerySet[Row]:
        """All that this person may look at, decided or not."""

    @abstractmethod
    def waiting(self, viewer: "User") -> QuerySet[Row]:
        """Those of them that wait, the most urgent first."""

    @abstractmethod
    def done_by(self, viewer: "User") -> QuerySet[Row]:
        """What this person has decided, the latest first."""

    @abstractmethod
    def summary(self, row: Row) -> Summary: ...

    @abstractmethod
    def outcome(self, row: Row) -> str:
        """How it was decided, and by whom; nothing while it waits."""

    @abstractmethod
    def evidence(self, row: Row, request: "SignedInRequest") -> dict[str, Any]:
        """What the template shows. The look is written into the audit trail."""

    def facts(self, row: Row) -> list[Fact]:
        return []

    def presets(self) -> list[str]:
        """Notes that are written often."""
        return []

    def preview(self, row: Row, *, by: "User", cleaned: Mapping[str, Any]) -> Preview | None:
        """What is shown and confirmed before anything is done, if it should be; refused as `decide` would be."""
        return None

    @abstractmethod
    def decide(self, row: Row, *, by: "User", cleaned: Mapping[str, Any]) -> str:
        """By the service; says in a few words what was done, or raises a `DomainError`."""


@cache
def works() -> dict[str, Work[Any]]:
    """All kinds, by slug, in their order."""
    return {work.slug: work for work in declared("work", "WORK")}
