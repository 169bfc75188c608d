"""Mails are rows of the transaction that causes them; the worker writes and sends them, and tries again for a day."""

import logging
import time
from datetime import datetime, timedelta
from smtplib import SMTPConnectError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone

from apps.core.mail.files import SUFFIX
from apps.core.mail.kinds import kinds, write
from apps.core.models import ERROR_LENGTH, OutgoingMail, RefusedAddress
from apps.core.queue import queue

logger = logging.getLogger(__name__)

DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360)]
"""After each try that failed; the last one again and again."""
GIVEN_UP_AFTER = timedelta(hours=24)
DEMO_DOMAIN = "@demo.example"
RUN_SECONDS = 50
"""A run of the schedule ends before the next begins."""
PER_RUN = 5_000
KEPT = timedelta(days=30)
FILES_KEPT = timedelta(days=7)
PERMANENT = 500
"""From this status on, a server means it for good."""


def queue_mail(*, kind: str, user: Any, address: str | None = None) -> None:
    """A mail to a person, at their own `address` unless it says another; it leaves when this transaction commits.

    Nothing is ever sent to the people of the demo network.
    """
    address = address or user.email
    if kind not in kinds():
        raise LookupError(f"No room declares a mail {kind!r}.")
    if not address or address.lower().endswith(DEMO_DOMAIN):
        return
    with transaction.atomic():
        mail = OutgoingMail.objects.create(kind=kind, user=user, address=address, next_try_at=timezone.now())
        queue(deliver, mail.pk)


def deliver(mail_id: int) -> None:
    """The first try of one mail."""
    if mail := OutgoingMail.objects.due().with_person().filter(pk=mail_id).first():
        connection = get_connection()
        attempt(mail, connection)
        connection.close()


def deliver_due() -> None:
    """All that wait for another try, by one connection; while the server is away, the first finds out for all."""
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
    """Try once, unless somebody else does so now; False if the server is not there."""
    now = timezone.now()
    next_try_at = now + DELAYS[min(mail.tries, len(DELAYS) - 1)]
    if (
        not OutgoingMail.objects.due()
        .filter(pk=mail.pk, tries=mail.tries)
        .update(tries=mail.tries + 1, next_try_at=next_try_at)
    ):
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
    except SMTPRecipientsRefused as error:
        [(code, reason)] = error.recipients.values()
        if code < PERMANENT:
            postpone(mail, error, next_try_at)
            return True
        RefusedAddress.objects.mark(mail.address)
        end(mail, error=f"Refused: {code} {reason.decode(errors='replace')}")
    except OSError as error:  # smtplib's own are some
        postpone(mail, error, next_try_at)
        connection.close()
        return isinstance(error, SMTPResponseException) and not isinstance(error, SMTPConnectError)
    except Exception as error:  # one mail that cannot be written keeps no other back
        logger.exception("mail %s could not be written", mail.pk)
        postpone(mail, error, next_try_at)
    return True


def postpone(mail: OutgoingMail, error: Exception, next_try_at: datetime) -> None:
    """Until `next_try_at`, which is noted already, or for ever."""
    logger.warning("mail %s did not leave: %s", mail.pk, type(error).__name__)
    if next_try_at > mail.created_at + GIVEN_UP_AFTER:
        end(mail, error=f"Given up: {error}")
    else:
        OutgoingMail.objects.filter(pk=mail.pk).update(error=str(error)[:ERROR_LENGTH])


def end(mail: OutgoingMail, *, error: str = "", sent_at: datetime | None = None) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(next_try_at=None, sent_at=sent_at, error=error[:ERROR_LENGTH])


def prune_mails() -> None:
    OutgoingMail.objects.ended_before(timezone.now() - KEPT).delete()
    oldest = time.time() - FILES_KEPT.total_seconds()
    for file in settings.EMAIL_FILE_PATH.glob(f"*{SUFFIX}"):
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
