"""What cases keep of people: an open one keeps what it is about, until it is decided, and its appeal."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import DELETED_USER, delete_rows, naming, rewrite
from apps.moderation.models import Appeal, Case, Report, ReportFile

PEOPLE = {"author", "host", "sender", "receiver"}
"""The facts of a snapshot that name somebody."""
BY_STAFF = "What staff do for the product is theirs no more than its other records; accounts of staff are not erased."
WAITING = Q(status=Case.Status.OPEN) | Q(appeal__status=Appeal.Status.OPEN)


def erase_words(rows: Any, subject: DataSubject) -> None:
    """What they wrote into reports that are decided, and their name in copies of what others wrote to them."""
    rows.decided().exclude(details="").update(details="")

    def changed(snapshot: Any) -> Any:
        return {
            name: DELETED_USER if name in PEOPLE and fact == subject.username else fact
            for name, fact in snapshot.items()
        }

    about_others = Case.objects.exclude(target_owner=subject.id)
    rewrite(naming(about_others, subject, "snapshot"), ("snapshot",), changed)


def erase_copies(rows: Any, subject: DataSubject) -> None:
    """The copies of what was reported, and all words about it, once the case and its appeal are decided."""
    over = Case.objects.filter(pk__in=rows.exclude(WAITING).values("pk"))
    delete_rows(ReportFile.objects.filter(case__in=over))
    with transaction.atomic():
        Report.objects.filter(case__in=over).exclude(details="").update(details="")
        over.update(snapshot={}, reason="")


def erase_appeal(rows: Any, subject: DataSubject) -> None:
    rows.decided().update(text="", note="")


def is_reporter(user_id: int) -> bool:
    return Report.objects.open().filter(reporter=user_id).exclude(details="").exists()


def is_reported(user_id: int) -> bool:
    return Case.objects.filter(WAITING, target_owner=user_id).exists()


def appeals(user_id: int) -> bool:
    return Appeal.objects.open().filter(person=user_id).exists()


PERSONAL = [
    Personal(
        Report,
        ["reporter"],
        export=Exported(
            "reports",
            ["case__target_type", "case__target_id", "reason__code", "details", "case__status", "created_at"],
        ),
        erase=erase_words,
        is_held_back=is_reporter,
    ),
    Personal(
        Appeal,
        ["person"],
        export=Exported("appeals", ["case__decision", "text", "status", "created_at", "decided_at"]),
        erase=erase_appeal,
        is_held_back=appeals,
    ),
    Personal(
        Case,
        ["target_owner"],
        export=Exported(
            "decisions",
            ["target_type", "target_id", "decision", "reason", "until", "decided_at"],
            rows=Case.objects.against,
        ),
        erase=erase_copies,
        is_held_back=is_reported,
    ),
    Personal(Case, ["decided_by"], export=BY_STAFF, erase=BY_STAFF),
    Personal(Appeal, ["decided_by"], export=BY_STAFF, erase=BY_STAFF),
]
