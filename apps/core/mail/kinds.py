"""What mails there are: each room lists its own as `MAILS` in its `mails.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.core.declarations import declared
from apps.core.mail import unsubscribing
from apps.core.models import OutgoingMail


@dataclass(frozen=True)
class MailKind:
    """The templates are `mails/<name>.txt` and `mails/<name>.html`."""

    name: str
    subject: str
    compose: Callable[[OutgoingMail], dict[str, Any] | None]
    """What the templates show; tokens are made here, as late as can be. None: the mail is of no use any more.

    A `subject` of its own goes before the kind's; a mail with `unsubscribe_from` says how to get no more of those.
    """
    verifies: bool = False
    """It asks whether an address is theirs, and so goes to one that refused a mail before, too."""


@cache
def kinds() -> dict[str, MailKind]:
    return {kind.name: kind for kind in declared("mails", "MAILS")}


def write(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    """As text and as HTML; None if it is of no use any more."""
    kind = kinds()[mail.kind]
    content = kind.compose(mail)
    if content is None:
        return None
    shown = {
        "person": mail.user,
        "site_name": settings.SITE_NAME,
        "site_url": settings.PUBLIC_URL,
        "support_email": settings.SUPPORT_EMAIL,
        "subject": kind.subject,
        **content,
    }
    # The same at every try, so that a mailbox that gets it twice knows.
    headers = {"Message-ID": f"<{mail.message_id}>", "Auto-Submitted": "auto-generated"}
    if "unsubscribe_from" in content:
        shown["unsubscribe_link"] = unsubscribing.link(mail, content["unsubscribe_from"])
        headers |= unsubscribing.headers(shown["unsubscribe_link"])
    message = EmailMultiAlternatives(
        shown["subject"],
        render_to_string(f"mails/{kind.name}.txt", shown),
        settings.MAIL_FROM,
        [mail.address],
        reply_to=[settings.SUPPORT_EMAIL] if settings.SUPPORT_EMAIL else None,
        headers=headers,
    )
    message.attach_alternative(render_to_string(f"mails/{kind.name}.html", shown), "text/html")
    return message
