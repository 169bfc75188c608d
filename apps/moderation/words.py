"""What people are told of decisions, in the texts that staff edit."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from apps.moderation.models import Appeal, Case
from apps.notifications.services import text_of

FOR_GOOD = "further notice"


class Action(StrEnum):
    """What can be decided, from the mildest to the hardest."""

    NONE = "none"
    WARN = "warn"
    REMOVE = "remove"
    SUSPEND = "suspend"
    BAN = "ban"

    @property
    def decision(self) -> Case.Decision:
        return list(Case.Decision)[list(Action).index(self)]


class Telling(NamedTuple):
    """A notification type, and what fills its {names}."""

    code: str
    words: dict[str, str]

    @property
    def message(self) -> str:
        return text_of(self.code, self.words).message


def tellings(kind: str, actions: Collection[str], reason: str, until: datetime | None) -> Iterator[Telling]:
    """What the person decided about is told, the hardest last."""
    if Action.WARN in actions:
        yield Telling("account_warned", {"reason": reason})
    if Action.REMOVE in actions:
        yield Telling("content_removed", {"kind": "profile" if kind == Case.Target.USER else kind, "reason": reason})
    if Action.SUSPEND in actions or Action.BAN in actions:
        date = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if until else FOR_GOOD
        yield Telling("account_suspended", {"date": date, "reason": reason})


def messages_of(case: Case) -> list[str]:
    return [telling.message for telling in tellings(case.target_type, case.decisions, case.reason, case.until)]


def telling_of(appeal: Appeal) -> Telling:
    outcome = "was taken back" if appeal.status == Appeal.Status.OVERTURNED else "stands"
    return Telling("appeal_decided", {"outcome": outcome})
