"""Mails that tell at once what somebody wants to hear of once a day or once a week, and how to get no more mails."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import cache, lru_cache
from itertools import product
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.http.errors import BadToken
from apps.core.inserting import insert_select
from apps.core.mail import unsubscribing
from apps.core.mail.outbox import queue_mails
from apps.notifications.models import Digest, DigestRun, Frequency, NotificationType
from apps.notifications.models.digests import people_with_news
from apps.notifications.services import no_more_mails

HOUR = time(8)
STEP = timedelta(minutes=15)
"""Clocks of time zones differ by so much, or by several of it."""
MADE_UP_FOR = timedelta(hours=3)
"""What was missed for longer is told by the next one, which looks back further than its day."""
BATCH = 5_000
KEPT = timedelta(days=30)
MONDAY = 0


def send_digests() -> None:
    """For all people for whom it is eight o'clock, or was a short while ago; may be killed, and run twice at once."""
    slots = list(slots_until(timezone.now()))
    finished = set(DigestRun.objects.finished().since(slots[0]).values_list("slot", "frequency"))
    for slot, frequency in product(slots, (Frequency.DAILY_DIGEST, Frequency.WEEKLY_SUMMARY)):
        zones = [] if (slot, frequency) in finished else zones_of(slot, frequency)
        if zones:
            DigestRun.objects.get_or_create(slot=slot, frequency=frequency)
            while send_batch(slot, frequency, zones):
                pass


def slots_until(now: datetime) -> Iterator[datetime]:
    """The last quarters of an hour, the oldest first."""
    quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    for steps in range(MADE_UP_FOR // STEP, -1, -1):
        yield quarter - steps * STEP


@lru_cache(maxsize=100)
def zones_of(slot: datetime, frequency: Frequency) -> list[str]:
    """The time zones in which it is eight o'clock then, on a Monday for the weekly ones; who has none is in UTC."""
    there = {name: slot.astimezone(zone) for name, zone in zones().items()}
    return sorted(
        name
        for name, local in there.items()
        if local.time() == HOUR and (frequency == Frequency.DAILY_DIGEST or local.weekday() == MONDAY)
    )


@cache
def zones() -> dict[str, ZoneInfo]:
    return {"": ZoneInfo("UTC")} | {name: ZoneInfo(name) for name in available_timezones()}


@transaction.atomic
def send_batch(slot: datetime, frequency: Frequency, zones: list[str]) -> bool:
    """Digests for the next few, with their mails, and a note of how far it went. Whether there are more."""
    # Locked: of two runs at once, the second goes on where the first committed.
    runs = DigestRun.objects.unfinished().select_for_update(no_key=True)
    run = runs.filter(slot=slot, frequency=frequency).first()
    if run is None:
        return False
    people = people_with_news(slot, frequency, zones).filter(pk__gt=run.told_up_to).order_by("pk")[:BATCH]
    content = {"user_id": F("pk"), "slot": slot, "frequency": frequency}
    content |= {"after_id": F("after_id"), "up_to": F("up_to")}
    told = insert_select(Digest, content, people, returning=["user_id"])
    up_to = max((user_id for (user_id,) in told), default=run.told_up_to)
    new = Digest.objects.filter(slot=slot, frequency=frequency, user__gt=run.told_up_to, user__lte=up_to)
    queue_mails(kind=frequency, rows=new, person="user")
    run.told_up_to, there_is_more = up_to, len(told) == BATCH
    run.finished_at = None if there_is_more else timezone.now()
    run.save(update_fields=["told_up_to", "finished_at"])
    return there_is_more


def prune_digests() -> None:
    oldest = timezone.now() - KEPT
    Digest.objects.before(oldest).delete()
    DigestRun.objects.before(oldest).delete()


def named_in(token: str) -> str:
    """Of what the link with this token would make an end."""
    return name_of(unsubscribing.read(token).what)


@transaction.atomic
def unsubscribe(*, token: str) -> str:
    """No more mails about the type, or of the types in the digest, that the mail with this link told of; its name."""
    mail, what = unsubscribing.read(token)
    unsubscribing.use(mail)
    no_more_mails(user=mail.user, what=what)
    return name_of(what)


def name_of(what: int | str) -> str:
    if isinstance(what, str):
        return Frequency(what).label
    kind = NotificationType.objects.filter(pk=what).first()
    if kind is None:
        raise BadToken
    return kind.name
