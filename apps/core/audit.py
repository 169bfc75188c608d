"""The audit trail: what staff did or saw, in the transaction of what they did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import ForeignKey, Model
from django.utils import timezone

from apps.core.declarations import declared
from apps.core.http.clients import caller_address
from apps.core.models import AuditEntry
from apps.core.operations.logs import request_id

if TYPE_CHECKING:
    from apps.accounts.models import User


ONE_LOOK = timedelta(minutes=10)
NAME_LENGTH = 200

Changes = Mapping[str, list[str]]
"""By the name of a field, its value before and after; an empty list where nobody has to read it here."""


@dataclass(frozen=True, slots=True)
class Look:
    """That one of the staff sees a row, or a file of it, which nobody but staff is shown."""

    actor: "User"
    action: str
    target: Model
    person_id: int | None = None
    """Whose it is, if not theirs to whom the row leads first."""


def record(
    *,
    actor: "User | None",
    action: str,
    target: Model | str,
    person: "User | None" = None,
    changes: Changes | None = None,
    note: str = "",
) -> None:
    """One row of the trail; the words of `action` are a `Sentence` of a room.

    `target` is a row, or the name of what is none. `actor` is None for whoever runs a command. `person` is whose
    `target` is, if not theirs to whom it leads first; `note` is why, in the words of staff, never those of others.
    """
    entry = entry_of(actor, action, target, person.pk if person else None)
    entry.changes, entry.note = dict(changes) if changes else None, note
    entry.save(force_insert=True)


def record_all(*, actor: "User", action: str, targets: Iterable[Model]) -> None:
    """The same about each of them."""
    AuditEntry.objects.bulk_create(entry_of(actor, action, target, None) for target in targets)


def entry_of(actor: "User | None", action: str, target: Model | str, person_id: int | None) -> AuditEntry:
    if isinstance(target, Model):
        person_id = person_id or person_id_of(target)
    return AuditEntry(
        actor=actor,
        action=action,
        target=target if isinstance(target, str) else name_of(target),
        target_name="" if isinstance(target, str) else kind_of(target, is_personal=bool(person_id))[:NAME_LENGTH],
        person_id=person_id,
        address=caller_address.get(),
        request_id=request_id.get(),
    )


def kind_of(row: Model, *, is_personal: bool) -> str:
    """What a row is: “identity document”. What is nobody's has a name that everybody may read, too."""
    kind = str(getattr(row, "kind_in_trail", row._meta.verbose_name))
    return kind if is_personal else f"{kind} {row}"


def person_id_of(row: Model) -> int | None:
    """Whose a row is: theirs to whom the first path leads by which the room declares it to be personal."""
    if isinstance(row, get_user_model()):
        return int(row.pk)
    for personal in declared("personal", "PERSONAL"):
        if isinstance(row, personal.model):
            for path in personal.paths:
                return owner_id(row, path)
    return None


def owner_id(row: Any, path: str) -> int | None:
    """Without a query where the row itself knows."""
    *relations, last = path.split("__")
    for name in relations:
        row = getattr(row, name)
    try:
        field = row._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return getattr(row, field.attname) if isinstance(field, ForeignKey) else None


def record_look(look: Look) -> None:
    """Once in ten minutes: a film is asked for in many parts, and a page is opened again."""
    if is_recorded(look):
        return
    with transaction.atomic():
        # One after the other: players ask for several parts at once.
        actor = get_user_model()._default_manager.filter(pk=look.actor.pk)
        list(actor.select_for_update(no_key=True).values_list("pk"))
        if not is_recorded(look):
            entry_of(look.actor, look.action, look.target, look.person_id).save(force_insert=True)


def is_recorded(look: Look) -> bool:
    same = AuditEntry.objects.of(name_of(look.target)).filter(actor=look.actor, action=look.action)
    return same.filter(created_at__gt=timezone.now() - ONE_LOOK).exists()


def name_of(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"
