"""Leaving for good: asking for it, changing one's mind, and being erased."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from apps.accounts.credentials import confirm
from apps.accounts.errors import StaffAccount, WrongPassword
from apps.accounts.models import Erasure, ReservedUsername, Session, User
from apps.accounts.services import sessions
from apps.accounts.services.staff import is_colleague
from apps.core import audit
from apps.core.declarations import DataSubject, Personal, declared_by_room
from apps.core.erasure import DELETED_USER
from apps.core.http.clients import Client
from apps.core.http.errors import PermissionDenied
from apps.core.mail.outbox import queue_mail
from apps.core.models import OutgoingMail

logger = logging.getLogger(__name__)

RUN_SECONDS = 200
"""A run of the schedule begins with nobody after this."""
LATE = timedelta(days=2)
"""So long what is found of somebody erased may have been on its way."""
STAYS = {"id", "user_type", "date_joined"}
"""What a row without a name says: the role that others see, and since when it is there."""


def ask_erasure(*, session: Session, password: str, client: Client) -> Erasure:
    """To be erased in 14 days; who has asked before keeps the date. Until then nothing changes."""
    confirm(session=session, password=password, client=client)
    user = session.user
    if is_colleague(user):
        raise StaffAccount
    with transaction.atomic():
        # Not if they have got another password since this one was compared.
        if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, password=user.password).first():
            raise WrongPassword
        erasure, is_new = Erasure.objects.get_or_create(user=user)
        if is_new:
            queue_mail(kind="deletion_asked", user=user)
    return erasure


@transaction.atomic
def cancel_erasure(*, user: User, by: User) -> bool:
    """By themselves, or by staff at their wish; a mail says so. False where there is none, or it has begun."""
    if by.pk != user.pk and not by.has_perm("accounts.change_erasure"):
        raise PermissionDenied
    if not Erasure.objects.not_begun().filter(pk=user.pk).delete()[0]:
        return False
    queue_mail(kind="deletion_cancelled", user=user)
    if by.pk != user.pk:
        audit.record(actor=by, action="user.erasure_cancelled", target=user)
    return True


def erase_due() -> None:
    """Those whose time has come, each by themselves; who could not be erased is tried again next time."""
    for_each(Erasure.objects.due().order_by("due_at").values_list("pk", flat=True), erase)


def erase_late_rows() -> None:
    """What was still being written while somebody was erased, as by an upload that took its time."""
    lately = User.objects.erased_since(timezone.now() - LATE).values_list("pk", flat=True)
    for_each(lately, lambda user_id: erase_rows(entries(), DataSubject(user_id, DELETED_USER)))


def for_each(user_ids: Iterable[int], act: Callable[[int], None]) -> None:
    until = time.monotonic() + RUN_SECONDS
    for user_id in list(user_ids):
        if time.monotonic() > until:
            break
        try:
            act(user_id)
        except Exception:  # each storage has errors of its own
            logger.exception("person %s could not be erased", user_id)


def erase(user_id: int) -> None:
    """All that the rooms declare in their `personal.py`, from the highest down, and last of all who they were.

    May be killed, started again, and run twice at once. While an open case holds something back, the row of the
    erasure stays, and only that is tried again.
    """
    user = begin(user_id)
    if user is None:
        return
    holding = [entry for entry in entries() if entry.is_held_back]
    erase_rows(holding if user.erased_at else entries(), data_subject(user))
    forget_account(user)
    if not any(entry.is_held_back and entry.is_held_back(user.pk) for entry in holding):
        Erasure.objects.filter(pk=user.pk).delete()


def entries() -> list[Personal]:
    rooms = reversed(declared_by_room("personal", "PERSONAL").values())
    return [entry for room in rooms for entry in room]


def erase_rows(declared: Iterable[Personal], subject: DataSubject) -> None:
    for entry in declared:
        if callable(entry.erase):
            entry.erase(entry.rows_of(subject.id), subject)


@transaction.atomic
def begin(user_id: int) -> User | None:
    """From now on it cannot be cancelled, and they are hidden and signed out. None for who is not to be erased."""
    due = Erasure.objects.due().filter(pk=user_id)
    if not due.select_for_update().first():
        return None
    user = User.objects.select_related("user_type").get(pk=user_id)
    if is_colleague(user):
        logger.warning("person %s works here by now, and is not erased", user_id)
        return None
    due.update(begun_at=Coalesce("begun_at", Now()))
    User.objects.filter(pk=user_id).update(is_active=False, deactivated_at=None, suspended_until=None)
    sessions.shut_out(user=user)
    return user


def data_subject(user: User) -> DataSubject:
    """With all addresses that mails went to lately, but those that are somebody else's."""
    written_to = OutgoingMail.objects.filter(user=user).values_list("address", flat=True).distinct()
    addresses = {user.email, user.new_email, *written_to} - {""}
    others = {one for one in addresses if User.objects.with_login(one).exclude(pk=user.pk).exists()}
    return DataSubject(user.pk, user.username, user.get_full_name(), frozenset(addresses - others))


@transaction.atomic
def forget_account(user: User) -> None:
    """The row stays, for those who are to go on reading what it wrote; its name stays taken."""
    if user.erased_at:
        return
    ReservedUsername.objects.reserve(user.username)
    fields = [field for field in User._meta.concrete_fields if field.name not in STAYS]
    nothing = {field.name: field.get_default() for field in fields}
    said = {"username": DELETED_USER, "password": make_password(None), "is_active": False, "erased_at": timezone.now()}
    User.objects.filter(pk=user.pk, erased_at=None).update(**nothing | said)
