"""Deciding about what was reported."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import staff
from apps.core import audit
from apps.core.audit import Look
from apps.core.http.errors import Invalid, NotFound, PermissionDenied
from apps.core.mail.outbox import queue_mail
from apps.live import services as live
from apps.moderation.errors import (
    AlreadyDecided,
    NobodyToDecideAbout,
    NothingToRemove,
    OwnCase,
    ReasonRequired,
    WrongDecisions,
)
from apps.moderation.models import Case, Report, ReportFile, first_report
from apps.moderation.targets import removal_permission, reportable
from apps.moderation.words import Action, tellings
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify

SHORT = timedelta(days=7)
"""A longer suspension takes a permission of its own."""
KEEP_AWAY = {Action.SUSPEND, Action.BAN}


@transaction.atomic
def decide_case(
    *, case: Case, by: User, decisions: Collection[str], reason: str, until: datetime | None = None
) -> None:
    """Decide a case, once: carry the decisions out, and tell the person, who reads `reason`, and who reported it.

    `decisions` are out of none, warn, remove, suspend (`until` then) and ban.
    """
    reason = reason.strip()
    actions = check(case=case, by=by, decisions=decisions, reason=reason, until=until)
    decision = {
        "status": Case.Status.DECIDED,
        "decision": actions[-1].decision,
        "decisions": actions,
        "reason": reason,
        "until": until if Action.SUSPEND in actions else None,
        "decided_by": by,
        "decided_at": timezone.now(),
    }
    if not Case.objects.open().filter(pk=case.pk).update(**decision):
        raise AlreadyDecided
    case.refresh_from_db()
    carry_out(case, by)
    tell(case)
    audit.record(actor=by, action=f"case.{case.decision}", target=case, note=reason)


def check(
    *, case: Case, by: User, decisions: Collection[str], reason: str, until: datetime | None = None
) -> list[Action]:
    """The decisions, from the mildest to the hardest, if they may be made by this person."""
    refuse_others(case, by)
    actions = chosen(decisions)
    if actions == [Action.NONE]:
        return actions
    if not reason:
        raise ReasonRequired
    if case.target_owner is None or case.target_owner.erased_at:
        raise NobodyToDecideAbout
    if Action.SUSPEND in actions:
        refuse_wrong_end(until)
    refuse_without_permission(case, by, actions, until, since=timezone.now())
    return actions


def refuse_others(case: Case, by: User) -> None:
    """Nobody decides about themselves, nor about a colleague."""
    if not by.has_perm("moderation.moderate_report"):
        raise PermissionDenied
    if case.target_owner_id == by.pk:
        raise OwnCase
    if case.target_owner:
        staff.refuse_colleague(case.target_owner, by)


def chosen(decisions: Collection[str]) -> list[Action]:
    if unknown := set(decisions) - set(Action):
        raise Invalid({"decisions": [f'"{min(unknown)}" is not a valid choice.']})
    actions = [action for action in Action if action in decisions]
    if not actions:
        raise Invalid({"decisions": ["This field is required."]})
    if (Action.NONE in actions and len(actions) > 1) or KEEP_AWAY.issubset(actions):
        raise WrongDecisions
    return actions


def refuse_wrong_end(until: datetime | None) -> None:
    if until is None:
        raise Invalid({"until": ["This field is required."]})
    if timezone.is_naive(until) or until <= timezone.now():
        raise Invalid({"until": ["The date must be in the future."]})


def refuse_without_permission(
    case: Case, by: User, actions: Collection[str], until: datetime | None, since: datetime
) -> None:
    """Whoever decides, or takes back, needs the permissions for what is done."""
    if Action.REMOVE in actions:
        permission = removal_permission(case.target_type)
        if permission is None:
            raise NothingToRemove
        if not by.has_perm(permission):
            raise PermissionDenied
    if KEEP_AWAY.isdisjoint(actions):
        return
    is_long = Action.BAN in actions or (until is not None and until > since + SHORT)
    if not by.has_perm("accounts.suspend_user") or (is_long and not by.has_perm("moderation.suspend_long")):
        raise PermissionDenied


def carry_out(case: Case, by: User) -> None:
    if Action.REMOVE in case.decisions:
        take_down(case, by)
    owner, is_kept_away = case.target_owner, not KEEP_AWAY.isdisjoint(case.decisions)
    if owner and is_kept_away:
        list(User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk"))  # before their log
    told = [case.target_owner_id, *case.reports.values_list("reporter", flat=True)]
    live.hold([person for person in told if person])
    if owner and is_kept_away:
        staff.suspend(user=owner, until=case.until, by=by)


def take_down(case: Case, by: User) -> None:
    """Nothing if it is gone by now, or was taken down before."""
    target = reportable(case.target_type)
    row = target and target.model._default_manager.filter(pk=case.target_id).first()
    if target and row and target.take_down:
        with suppress(NotFound):
            target.take_down(row, by)


def tell(case: Case) -> None:
    for report in case.reports.select_related("reporter").order_by("reporter"):
        if report.reporter and not report.reporter.erased_at:
            notify(receiver=report.reporter, code="report_decided", actor=None, redirect=leads_to(report))
    owner, first = case.target_owner, first_report(case)
    if case.decision == Case.Decision.NONE or owner is None or first is None:
        return
    for telling in tellings(case.target_type, case.decisions, case.reason, case.until):
        notify(receiver=owner, code=telling.code, actor=None, redirect=leads_to(first), **telling.words)
    queue_mail(kind="case_decided", user=owner, about=case.pk)


def leads_to(report: Report) -> Redirect:
    return Redirect(kind="report", id=report.pk, url=report.path)


def view_case(*, case: Case, by: User) -> None:
    """A moderator reads what may have been private; the trail says so."""
    audit.record_look(Look(by, "case.viewed", case))


def look_at(*, file: ReportFile, by: User) -> Look:
    """At one of the copies that are kept of what was reported."""
    return Look(by, "case.file_viewed", file, file.case.target_owner_id)
