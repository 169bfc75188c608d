"""What a decision would do, and who would read what."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.utils.formats import date_format

from apps.accounts.models import User
from apps.core.work import Consequence, Preview
from apps.moderation.errors import AlreadyDecided
from apps.moderation.models import Case
from apps.moderation.services.cases import check
from apps.moderation.words import Action, tellings
from apps.notifications.services import text_of


def preview(*, case: Case, by: User, decisions: Collection[str], reason: str, until: datetime | None = None) -> Preview:
    """What `decide_case` would do; refused as that would be."""
    if not case.is_open:
        raise AlreadyDecided
    actions = check(case=case, by=by, decisions=decisions, reason=reason.strip(), until=until)
    messages = [telling.message for telling in tellings(case.target_type, actions, reason.strip(), until)]
    person = [Consequence(str(case.target_owner), "in the app and by mail", messages)] if messages else []
    return Preview(list(happenings(case, actions, until)), [*person, thanks(case)])


def thanks(case: Case) -> Consequence:
    count = case.reports.filter(reporter__isnull=False, reporter__erased_at=None).count()
    people = "1 person" if count == 1 else f"{count} people"
    return Consequence(f"Who reported it ({people})", "in the app", [text_of("report_decided", {}).message])


def happenings(case: Case, actions: Collection[Action], until: datetime | None) -> Iterator[str]:
    is_profile = case.target_type == Case.Target.USER
    what = "Picture and texts of the profile are" if is_profile else f"The {case.target_type} is"
    away = f"{case.target_owner} is signed out everywhere, and hidden with all that is theirs"
    if Action.NONE in actions:
        yield "Nothing is changed. The case is closed."
    if Action.WARN in actions:
        yield f"{case.target_owner} is warned."
    if Action.REMOVE in actions:
        yield f"{what} hidden from everybody at once, and deleted later unless this is taken back."
    if Action.SUSPEND in actions and until:
        yield f"{away} until {date_format(until, 'DATETIME_FORMAT')} UTC."
    if Action.BAN in actions:
        yield f"{away} for good."
