"""Mails are rows of the transaction that causes them; the worker writes and sends them, and tries again for a day."""

import logging
import re
import time
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from apps.core.inserting import insert_select
from apps.core.mail.files import SUFFIX, UNFINISHED
from apps.core.mail.kinds import kinds, write
from apps.core.models import DEMO_DOMAIN, ERROR_LENGTH, MAILS_KEPT, OutgoingMail, RefusedAddress
from apps.core.queue import queue

logger = logging.getLogger(__name__)

DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360)]
"""After each try that failed; the last one again and again."""
GIVEN_UP_AFTER = timedelta(hours=24)
RUN_SECONDS = 50
"""A run of the schedule ends before the next begins."""
PER_RUN = 5_000
FILES_KEPT = timedelta(days=7)
LEASE = timedelta(minutes=5)
"""So long nobody else tries what one tries; longer than a job may take."""
REST_SECONDS = 60
PER_HOUR = 20
NOBODY_THERE = {550, 551, 553}
ENHANCED_STATUS = re.compile(rb"5\.\d+\.\d+")

server_rests_until = 0.0


def queue_mail(
    *, kind: str, user: Any, address: str | None = None, about: int | None = None, wait: timedelta = timedelta(0)
) -> None:
    """A mail to a person, at their own `address` unless it says another; it leaves when this transaction commits.

    `about` is the notification that it tells of; with a `wait` the schedule sends it then. Nothing is ever sent to the
    people of the demo network, and no address gets more than `PER_HOUR`, of notifications and of all others: whose it
    is may be somebody else's claim.
    """
    address, now = address or user.email, timezone.now()
    if kind not in kinds():
        raise LookupError(f"No room declares a mail {kind!r}.")
    if not address or address.lower().endswith(DEMO_DOMAIN):
        return
    lately = OutgoingMail.objects.to if about is None else OutgoingMail.objects.notifications_to
    if lately(address, since=now - timedelta(hours=1)).count() >= PER_HOUR:
        logger.warning("too many mails to one address: %s for person %s is dropped", kind, user.pk)
        return
    with transaction.atomic():
        mail = OutgoingMail.objects.create(kind=kind, user=user, address=address, about=about, next_try_at=now + wait)
        if not wait:
            queue(deliver, mail.pk)


def queue_mails(*, kind: str, rows: QuerySet[Any], person: str) -> None:
    """A mail about each of `rows` to the `person` that it leads to, in one statement; the schedule sends them.

    The caller leaves out whom no mail may reach. No address gets more than `PER_HOUR` of them.
    """
    now, address = timezone.now(), F(f"{person}__email")
    lately = OutgoingMail.objects.notifications_to(OuterRef(f"{person}__email"), since=now - timedelta(hours=1))
    columns = {"kind": kind, "user_id": F(person), "address": address, "about": F("pk")}
    fixed = {"tries": 0, "error": "", "created_at": now, "next_try_at": now}
    few = rows.exclude(Exists(lately.order_by("pk")[PER_HOUR - 1 : PER_HOUR]))
    insert_select(OutgoingMail, columns | fixed, few, returning=["id"])


def deliver(mail_id: int) -> None:
    """The first try of one mail; while the server is away, it is left to the schedule, so that jobs do not wait."""
    mail = OutgoingMail.objects.due().with_person().filter(pk=mail_id).first()
    if mail and time.monotonic() >= server_rests_until:
        connection = get_connection()
        attempt(mail, connection)
        connection.close()


def deliver_due() -> None:
    """All that wait for a try, by one connection; while the server is away, the first finds out for all."""
    until = time.monotonic() + RUN_SECONDS
    connection = get_connection()
    for mail_id in OutgoingMail.objects.due().order_by("next_try_at").values_list("pk", flat=True)[:PER_RUN]:
        if time.monotonic() > until:
            break
        mail = OutgoingMail.objects.due().with_person().filter(pk=mail_id).first()
        if mail and not attempt(mail, connection):
            break
    connection.close()


def attempt(mail: OutgoingMail, connection: Any) -> bool:
    """Try once, unless somebody else does so now; False if the server takes no mail at all."""
    global server_rests_until  # noqa: PLW0603  # one for the process
    if not OutgoingMail.objects.due().claim(mail, until=timezone.now() + LEASE):
        return True
    try:
        if not kinds()[mail.kind].verifies and RefusedAddress.objects.holds(mail.address):
            end(mail, error="The address refused a mail before.")
        elif (message := write(mail)) is None:
            mail.delete()
        else:
            connection.open()
            connection.send_messages([message])
            end(mail, sent_at=timezone.now())
        server_rests_until = 0
    except SMTPRecipientsRefused as error:
        [(code, reason)] = error.recipients.values()
        if is_about_the_address(code, reason):
            RefusedAddress.objects.mark(mail.address)
            end(mail, error=f"Refused: {code} {reason.decode(errors='replace')}")
        else:
            postpone(mail, error)
    except OSError as error:  # smtplib's own are some
        postpone(mail, error)
        connection.close()
        if not isinstance(error, SMTPDataError):  # which is about this mail alone
            server_rests_until = time.monotonic() + REST_SECONDS
            return False
    except Exception as error:  # one mail that cannot be written keeps no other back
        logger.exception("mail %s could not be written", mail.pk)
        postpone(mail, error)
    return True


def is_about_the_address(code: int, reason: bytes) -> bool:
    """Whether a server says that nobody is there, rather than that it does not want us, or that a mailbox is full."""
    enhanced = ENHANCED_STATUS.match(reason)  # RFC 3463: 5.1 is about addresses
    return code in NOBODY_THERE and (enhanced is None or enhanced[0].startswith(b"5.1."))


def postpone(mail: OutgoingMail, error: Exception) -> None:
    """Until the next of its delays, and for ever when its day is over."""
    logger.warning("mail %s did not leave: %s", mail.pk, type(error).__name__)
    now, last = timezone.now(), mail.created_at + GIVEN_UP_AFTER
    if now >= last:
        end(mail, error=f"Given up: {error}")
        return
    next_try_at = min(now + DELAYS[min(mail.tries, len(DELAYS)) - 1], last)
    OutgoingMail.objects.claimed(mail).update(next_try_at=next_try_at, error=str(error)[:ERROR_LENGTH])


def end(mail: OutgoingMail, *, error: str = "", sent_at: datetime | None = None) -> None:
    OutgoingMail.objects.claimed(mail).update(next_try_at=None, sent_at=sent_at, error=error[:ERROR_LENGTH])


def prune_mails() -> None:
    OutgoingMail.objects.ended_before(timezone.now() - MAILS_KEPT).delete()
    oldest = time.time() - FILES_KEPT.total_seconds()
    for file in [path for suffix in (SUFFIX, UNFINISHED) for path in settings.EMAIL_FILE_PATH.glob(f"*{suffix}")]:
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
