"""A copy of all that somebody has here."""

from django.db import transaction

from apps.accounts.jobs import build_export, fail
from apps.accounts.models import Export, User
from apps.accounts.models.leaving import MAX_TRIES
from apps.core.erasure import delete_rows
from apps.core.queue import queue


def request_export(*, user: User) -> None:
    """Have the worker make a new one, instead of the former; one that is being made already is left to it."""
    delete_rows(Export.objects.ended().filter(user=user))
    with transaction.atomic():
        export, is_new = Export.objects.get_or_create(user=user)
        if is_new:
            queue(build_export, export.pk)


def take_up_exports() -> None:
    """Build those whose job was lost; those that were begun too often have failed."""
    for export in list(Export.objects.stalled()):
        if export.tries >= MAX_TRIES:
            fail(export)
        else:
            build_export(export.pk)


def prune_exports() -> None:
    delete_rows(Export.objects.outdated())
