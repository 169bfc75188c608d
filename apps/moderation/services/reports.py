"""Saying that something is wrong."""

from contextlib import ExitStack

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.accounts.models import Taxonomy, User
from apps.core.declarations import Evidence, Snapshot
from apps.core.http.errors import Conflict, Invalid
from apps.core.media.storing import discarded_on_failure
from apps.core.reading.viewer import Viewer
from apps.moderation.errors import AlreadyReported, OwnTarget
from apps.moderation.models import Case, Report, ReportFile
from apps.moderation.schemas import ReportIn
from apps.moderation.targets import find

TRIES = 5
"""A case may be opened, or decided, by somebody else just now; more often than this it is not."""


def report(*, reporter: User, form: ReportIn) -> Report:
    """Something that the reporter sees; once, until it is decided. The first report of it opens a case, with a copy."""
    reasons = Taxonomy.objects.offered(Taxonomy.Type.REPORT_REASON)
    if (reason := reasons.filter(code=form.reason).first()) is None:
        raise Invalid({"reason": [f'"{form.reason}" is not a valid choice.']})
    target = find(form.target_type, form.target_id, viewer=Viewer.of(reporter))
    if target.owner == reporter:
        raise OwnTarget
    made = Report(reporter=reporter, reason=reason, details=form.details)
    for _ in range(TRIES):
        if case := Case.objects.open().about(form.target_type, form.target_id).first():
            is_done = join(case, made)
        else:
            is_done = open_case(Case(target_type=form.target_type, target_id=form.target_id), target, made)
        if is_done:
            return made
    raise Conflict


def join(case: Case, made: Report) -> bool:
    """False if it was decided just now."""
    try:
        with transaction.atomic():
            more = {"reports_count": F("reports_count") + 1, "severity": F("severity") + made.reason.severity}
            if not Case.objects.open().filter(pk=case.pk).update(**more):
                return False
            made.case = case
            made.save()
    except IntegrityError as error:
        raise AlreadyReported from error
    return True


def open_case(case: Case, target: Snapshot, made: Report) -> bool:
    """False if somebody else opened one just now."""
    case.target_owner, case.snapshot = target.owner, target.facts
    case.reports_count, case.severity = 1, made.reason.severity
    with ExitStack() as stored:
        copies = [copy for evidence in target.files if (copy := copied(evidence, stored))]
        try:
            with transaction.atomic():
                case.save()
                made.case = case
                made.save()
                for copy in copies:
                    copy.case = case
                    copy.save()
        except IntegrityError:
            made.pk = None
            for copy in copies:
                copy.file.storage.delete(str(copy.file.name))
            stored.pop_all()
            return False
    return True


def copied(evidence: Evidence, stored: ExitStack) -> ReportFile | None:
    """Not saved yet, but stored; `stored` removes it again if anything goes wrong from now on."""
    copy = ReportFile(content_type=evidence.content_type, name=evidence.name)
    try:
        with evidence.file.storage.open(str(evidence.file.name)) as content:
            copy.file.save(evidence.name, content, save=False)
    except FileNotFoundError:  # gone just now, with its row
        return None
    stored.enter_context(discarded_on_failure(copy.file))
    return copy
