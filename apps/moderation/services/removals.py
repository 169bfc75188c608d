"""The way back of what was taken down, and its end."""

from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.core.declarations import Reportable, declared
from apps.core.http.errors import NotFound
from apps.core.site_settings import site_settings
from apps.moderation.models import Appeal, Case
from apps.moderation.targets import reportable
from apps.moderation.words import Action


def restore(case: Case, by: User) -> None:
    """Nothing if it is deleted by now, was restored before, or another decision took it down too."""
    others = Case.objects.decided().in_force().about(case.target_type, case.target_id).exclude(pk=case.pk)
    if any(Action.REMOVE in one.decisions for one in others):
        return
    target = reportable(case.target_type)
    row = target and target.model._default_manager.filter(pk=case.target_id).first()
    if target and row and target.restore:
        with suppress(NotFound):
            target.restore(row, by)


def delete_removed() -> None:
    """What was taken down long enough ago, unless somebody's appeal about it waits; may be killed, and run again."""
    before = timezone.now() - timedelta(days=site_settings().removed_content_days)
    found: list[Reportable] = declared("reportable", "REPORTABLES")
    for target in found:
        if target.delete_removed:
            waiting = Appeal.objects.open().filter(case__target_type=target.kind)
            target.delete_removed(before, list(waiting.values_list("case__target_id", flat=True)))
