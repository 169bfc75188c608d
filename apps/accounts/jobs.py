"""What services queue: building exports."""

import logging
from tempfile import NamedTemporaryFile

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from apps.accounts.archive import write_archive
from apps.accounts.models import Export
from apps.accounts.models.leaving import KEPT, MAX_TRIES
from apps.core.http.links import API
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify

logger = logging.getLogger(__name__)


def build_export(export_id: int) -> None:
    """Make the file of an export, and tell its owner; may be killed and started again, and never runs twice at once."""
    export = Export.objects.claim(export_id)
    if export is None:
        return
    try:
        store(export)
    except Exception:  # the schedule tries again, a few times
        logger.exception("export %s could not be built", export.pk)
        if export.tries >= MAX_TRIES:
            fail(export)
        return
    if not finish(export):  # its owner was erased meanwhile
        export.file.storage.delete(str(export.file.name))


def store(export: Export) -> None:
    storage, name = export.file.storage, str(export.file.name)
    with NamedTemporaryFile(suffix=".zip") as target:
        write_archive(target, export.user)
        target.seek(0)
        storage.delete(name)  # of a try that was killed
        storage.save(name, File(target))


@transaction.atomic
def finish(export: Export) -> bool:
    now = timezone.now()
    pending = Export.objects.pending().filter(pk=export.pk)
    if not pending.update(status=Export.Status.READY, ready_at=now, expires_at=now + KEPT):
        return False
    where = Redirect(kind="export", id=export.pk, url=f"{API}/users/export")
    notify(receiver=export.user, code="export_ready", actor=None, redirect=where)
    return True


def fail(export: Export) -> None:
    """For good: what a try may have stored goes first."""
    export.file.storage.delete(str(export.file.name))
    pending = Export.objects.pending().filter(pk=export.pk)
    pending.update(status=Export.Status.FAILED, file="", expires_at=timezone.now() + KEPT)
