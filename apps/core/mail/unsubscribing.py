"""Links by which somebody gets no more mails of a kind, without signing in; mailboxes press them too: RFC 8058."""

from typing import NamedTuple

from django.core import signing
from django.utils import timezone

from apps.core.http.errors import BadToken
from apps.core.http.links import absolute
from apps.core.models import OutgoingMail

SALT = "unsubscribe"
ONE_CLICK = "List-Unsubscribe=One-Click"


class Unsubscribing(NamedTuple):
    """What a link says: no more mails like this one to its person, of what the room behind it calls `what`."""

    mail: OutgoingMail
    what: int | str


def link(mail: OutgoingMail, what: int | str) -> str:
    return absolute(f"/unsubscribe?token={signing.dumps([mail.pk, what], salt=SALT)}")


def headers(address: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": ONE_CLICK}


def read(token: str) -> Unsubscribing:
    """BadToken unless it is of a mail that is kept, and was not used."""
    try:
        mail_id, what = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    mail = OutgoingMail.objects.with_unused_link().with_person().filter(pk=mail_id).first()
    if mail is None:
        raise BadToken
    return Unsubscribing(mail, what)


def use(mail: OutgoingMail) -> None:
    """Of several at once, one succeeds."""
    if not OutgoingMail.objects.with_unused_link().filter(pk=mail.pk).update(unsubscribed_at=timezone.now()):
        raise BadToken
