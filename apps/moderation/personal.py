"""What reports keep of people: an open case keeps what it is about, until it is decided."""

from typing import Any

from django.db import transaction

from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import DELETED_USER, delete_rows, naming, rewrite
from apps.moderation.models import Report, ReportFile

PEOPLE = {"author", "host", "sender", "receiver"}
"""The facts of a snapshot that name somebody."""


def erase_words(rows: Any, subject: DataSubject) -> None:
    """What they wrote into reports that are decided, and their name in copies of what others wrote to them."""
    rows.decided().exclude(details="").update(details="")

    def changed(snapshot: Any) -> Any:
        return {
            name: DELETED_USER if name in PEOPLE and fact == subject.username else fact
            for name, fact in snapshot.items()
        }

    about_others = Report.objects.exclude(target_owner=subject.id)
    rewrite(naming(about_others, subject, "snapshot"), ("snapshot",), changed)


def erase_copies(rows: Any, subject: DataSubject) -> None:
    """The copies of what was reported, once the case is decided."""
    decided = rows.decided()
    delete_rows(ReportFile.objects.filter(report__in=decided))
    with transaction.atomic():
        decided.update(snapshot={}, details="")


def is_reporter(user_id: int) -> bool:
    return Report.objects.open().filter(reporter=user_id).exclude(details="").exists()


def is_reported(user_id: int) -> bool:
    return Report.objects.open().filter(target_owner=user_id).exists()


PERSONAL = [
    Personal(
        Report,
        ["reporter"],
        export=Exported("reports", ["target_type", "target_id", "reason__code", "details", "status", "created_at"]),
        erase=erase_words,
        is_held_back=is_reporter,
    ),
    Personal(
        Report,
        ["target_owner"],
        export="Who reports somebody is not told to them.",
        erase=erase_copies,
        is_held_back=is_reported,
    ),
]
