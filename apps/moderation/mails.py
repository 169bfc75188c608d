"""What people read of decisions about them, wherever they can read it: some cannot sign in any more."""

from typing import Any

from apps.core.http.links import absolute
from apps.core.mail.kinds import MailKind
from apps.core.models import OutgoingMail
from apps.core.site_settings import site_settings
from apps.moderation.models import Appeal, Case
from apps.moderation.tokens import make_appeal_token
from apps.moderation.words import messages_of, telling_of


def case_decided(mail: OutgoingMail) -> dict[str, Any] | None:
    """None once it was taken back, or they were erased."""
    case = Case.objects.against(mail.user_id).in_force().filter(pk=mail.about or 0).first()
    if case is None or mail.user.erased_at:
        return None
    link = absolute(f"/appeal?token={make_appeal_token(case.pk, mail.user.pk)}")
    return {"messages": messages_of(case), "link": link, "days": site_settings().appeal_days}


def appeal_decided(mail: OutgoingMail) -> dict[str, Any] | None:
    appeal = Appeal.objects.decided().filter(pk=mail.about or 0, person=mail.user_id).first()
    if appeal is None or mail.user.erased_at:
        return None
    return {"message": telling_of(appeal).message}


MAILS = [
    MailKind("case_decided", "A decision about your account", case_decided),
    MailKind("appeal_decided", "Your appeal was decided", appeal_decided),
]
