"""Telling people's clients what happened, as it happens."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.http.links import dump_stored_json
from apps.core.http.schemas import Out
from apps.live import bell
from apps.live.log import CONTROL, Recipients, append
from apps.live.models import Entry, Head, Payload
from apps.live.schemas import StreamEvent

if TYPE_CHECKING:
    from apps.accounts.models import User


def publish(user_ids: Collection[int], event: StreamEvent, *, actor: "User | None" = None, about: str = "") -> None:
    """Append `event` to these people's logs, in this transaction; ring the bell once it is committed.

    A transaction that publishes more than once first publishes to all of its people.
    """
    publish_each([(user_id, None) for user_id in sorted(set(user_ids))], event, actor=actor, about=about)


def publish_each(recipients: Recipients, event: StreamEvent, *, actor: "User | None" = None, about: str = "") -> None:
    """As `publish`, where the data has an id of its own for each person."""
    if recipients:
        data = dump_stored_json(event.data)
        enter(recipients, Payload(event=event.name, data=data, actor=actor, about=about))


def hold(user_ids: Collection[int]) -> None:
    """Take these people's logs until the commit, for a transaction that will publish to one after the other."""
    list(Head.objects.select_for_update().filter(pk__in=user_ids).order_by("pk").values_list("pk"))


def end_session(*, user_id: int, session_id: int | None = None) -> None:
    """The streams of this session end, or of all sessions; to be called in the revoking transaction."""
    enter([(user_id, session_id)], Payload(event=CONTROL, data="{}"))


def enter(recipients: Recipients, payload: Payload) -> None:
    append(recipients, payload)
    user_ids = [user_id for user_id, _ in recipients]

    def ring() -> None:
        bell.ring(user_ids)

    # The rows are committed: a bell that fails is logged, the streams find the rows by themselves.
    transaction.on_commit(ring, robust=True)


def take_back(*about: str) -> None:
    """What was told of these is gone: whoever reads the log from now on is not told of it any more."""
    Payload.objects.filter(about__in=about).delete()


def replace(about: str, data: Out) -> None:
    """What was told of this was changed: whoever reads the log from now on gets `data` where they were told of it."""
    Payload.objects.filter(about=about).update(data=dump_stored_json(data))


def publish_transient(user_id: int, event: StreamEvent) -> None:
    """Tell those of a person's clients that listen just now; it is stored nowhere."""
    bell.publish_transient(user_id, event.name, event.data.model_dump_json())


def prune() -> None:
    """Forget what is older than the logs reach back."""
    Entry.objects.outdated().delete()
    Payload.objects.outdated().delete()
