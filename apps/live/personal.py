"""What the logs keep of people, for a week."""

from typing import Any

import orjson

from apps.core.declarations import DataSubject, Personal
from apps.core.erasure import naming, rewrite, without_person
from apps.live.log import last_seq_of
from apps.live.models import Entry, Head, Payload

COPIES = "Copies, for a week, of what stands in other lists."


def erase_entries(rows: Any, subject: DataSubject) -> None:
    """All but the newest, two numbers, by which streams that are open learn that their session has ended."""
    rows.filter(seq__lt=last_seq_of(subject.id)).delete()


def erase_payloads(rows: Any, subject: DataSubject) -> None:
    """What others were told of them goes; named besides, as the receiver of a message, they are Deleted user."""
    rows.delete()

    def changed(data: str) -> str:
        return orjson.dumps(without_person(orjson.loads(data), subject)).decode()

    rewrite(naming(Payload.objects.all(), subject, "data"), ("data",), changed)


PERSONAL = [
    Personal(Payload, ["actor"], export=COPIES, erase=erase_payloads),
    Personal(Entry, ["head"], export=COPIES, erase=erase_entries),
    Personal(
        Head,
        ["user"],
        export="A number: how many events there were.",
        erase="A number, which never starts anew: an open stream cannot take an old event for a new one.",
    ),
]
