"""Leaving for a while, and saying that something is wrong."""

from contextlib import ExitStack

from django.db import IntegrityError, transaction

from apps.accounts.credentials import confirm
from apps.accounts.models import Session, Taxonomy, User
from apps.accounts.services import people
from apps.core import audit
from apps.core.audit import Look
from apps.core.declarations import Evidence
from apps.core.http.clients import Client
from apps.core.http.errors import Invalid
from apps.core.media.storing import discarded_on_failure
from apps.core.reading.viewer import Viewer
from apps.moderation.errors import AlreadyReported, OwnTarget
from apps.moderation.models import Report, ReportFile
from apps.moderation.schemas import ReportIn
from apps.moderation.targets import find


def deactivate(*, session: Session, password: str, client: Client) -> None:
    """Who is away is hidden everywhere, with what is theirs; nothing is undone, so all of it comes back with them."""
    confirm(session=session, password=password, client=client)
    people.deactivate(user=session.user)


def report(*, reporter: User, form: ReportIn) -> Report:
    """Something that the reporter sees, with a copy of it as it is now; once, until it is decided."""
    reasons = Taxonomy.objects.offered(Taxonomy.Type.REPORT_REASON)
    if (reason := reasons.filter(code=form.reason).first()) is None:
        raise Invalid({"reason": [f'"{form.reason}" is not a valid choice.']})
    target = find(form.target_type, form.target_id, viewer=Viewer.of(reporter))
    if target.owner == reporter:
        raise OwnTarget
    about = {"reporter": reporter, "target_type": form.target_type, "target_id": form.target_id}
    if Report.objects.open().filter(**about).exists():
        raise AlreadyReported
    made = Report(**about, target_owner=target.owner, reason=reason, details=form.details, snapshot=target.facts)
    with ExitStack() as stored:
        save(made, [copy for evidence in target.files if (copy := copied(evidence, stored))])
    return made


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


def save(made: Report, copies: list[ReportFile]) -> None:
    try:
        with transaction.atomic():
            made.save()
            for copy in copies:
                copy.report = made
                copy.save()
    except IntegrityError as error:
        raise AlreadyReported from error


def open_report(*, report: Report, by: User) -> None:
    """A moderator reads what may have been private; the trail says so."""
    audit.record_look(Look(by, "report.viewed", report, report.target_owner_id))


def look_at(*, file: ReportFile, by: User) -> Look:
    return Look(by, "report.file_viewed", file, file.report.target_owner_id)
