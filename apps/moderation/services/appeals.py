"""Looking at a decision again."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import staff
from apps.core import audit
from apps.core.http.errors import BadToken, NotFound, PermissionDenied
from apps.core.mail.outbox import queue_mail
from apps.core.site_settings import site_settings
from apps.live import services as live
from apps.moderation.errors import AlreadyAppealed, AlreadyDecided, AppealTooLate, OwnDecision
from apps.moderation.models import Appeal, Case, first_report
from apps.moderation.services.cases import KEEP_AWAY, leads_to, refuse_others, refuse_without_permission
from apps.moderation.services.removals import restore
from apps.moderation.tokens import read_appeal_token
from apps.moderation.words import Action, telling_of
from apps.notifications.services import notify


@transaction.atomic
def appeal(*, case: Case, person: User, text: str) -> Appeal:
    """By the person decided about, once, and not too late; undecided, there is nothing to appeal."""
    if case.target_owner_id != person.pk:
        raise PermissionDenied
    if case.decided_at is None or case.decision == Case.Decision.NONE:
        raise NotFound
    if Appeal.objects.filter(case=case).exists():
        raise AlreadyAppealed
    if case.decided_at + timedelta(days=site_settings().appeal_days) < timezone.now():
        raise AppealTooLate
    try:
        with transaction.atomic():
            return Appeal.objects.create(case=case, person=person, text=text)
    except IntegrityError as error:
        raise AlreadyAppealed from error


def case_of_token(token: str) -> Case:
    """The decision that the mail with this token told of."""
    case_id, person_id = read_appeal_token(token)
    case = Case.objects.against(person_id).select_related("target_owner", "appeal").filter(pk=case_id).first()
    if case is None or case.target_owner is None or case.target_owner.erased_at:
        raise BadToken
    return case


def appeal_by_token(*, token: str, text: str) -> Appeal:
    """For who cannot sign in."""
    case = case_of_token(token)
    if case.target_owner is None:
        raise BadToken
    return appeal(case=case, person=case.target_owner, text=text)


@transaction.atomic
def decide_appeal(*, appeal: Appeal, by: User, overturn: bool, note: str) -> None:
    """By somebody else than who made the decision. Overturned, it is undone: content and person come back."""
    case = Case.objects.select_related("target_owner__user_type").get(pk=appeal.case_id)
    refuse_others(case, by)
    if case.decided_by_id == by.pk:
        raise OwnDecision
    if overturn and case.decided_at:
        refuse_without_permission(case, by, case.decisions, case.until, since=case.decided_at)
    status = Appeal.Status.OVERTURNED if overturn else Appeal.Status.UPHELD
    note = note.strip()
    news = {"status": status, "decided_by": by, "note": note, "decided_at": timezone.now()}
    if not Appeal.objects.open().filter(pk=appeal.pk).update(**news):
        raise AlreadyDecided
    appeal.refresh_from_db()
    if overturn:
        undo(case, by)
    tell(appeal, case)
    audit.record(actor=by, action=f"appeal.{status}", target=appeal, note=note)


def undo(case: Case, by: User) -> None:
    """What other decisions demand stays as it is."""
    if Action.REMOVE in case.decisions:
        restore(case, by)
    if not KEEP_AWAY.isdisjoint(case.decisions) and case.target_owner:
        bring_back(case, case.target_owner, by)


def bring_back(case: Case, owner: User, by: User) -> None:
    """Unless they are kept away by something else: of other decisions the longest counts."""
    owner = User.objects.select_for_update(no_key=True, of=("self",)).select_related("user_type").get(pk=owner.pk)
    if owner.suspended_until != case.until or bool(owner.banned_at) != (Action.BAN in case.decisions):
        return
    staff.end_suspension(user=owner, by=by)
    others = list(Case.objects.against(owner.pk).in_force().exclude(pk=case.pk))
    ends = [one.until for one in others if one.until and one.until > timezone.now()]
    if any(Action.BAN in one.decisions for one in others):
        staff.suspend(user=owner, until=None, by=by)
    elif ends:
        staff.suspend(user=owner, until=max(ends), by=by)


def tell(appeal: Appeal, case: Case) -> None:
    person, first = appeal.person, first_report(case)
    if person is None or person.erased_at or first is None:
        return
    live.hold({person.pk})
    telling = telling_of(appeal)
    notify(receiver=person, code=telling.code, actor=None, redirect=leads_to(first), **telling.words)
    queue_mail(kind="appeal_decided", user=person, about=appeal.pk)
