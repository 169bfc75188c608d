"""What people find in their mails."""

import re
from urllib.parse import parse_qs, urlsplit

from django.core import mail


def token_in(message: mail.EmailMessage) -> str:
    [link] = re.findall(r"^https?://\S+token=\S+$", message.body, re.MULTILINE)
    return parse_qs(urlsplit(link).query)["token"][0]


def code_in(message: mail.EmailMessage) -> str:
    [code] = re.findall(r"^\d{6}$", message.body, re.MULTILINE)
    return code


def subjects() -> list[tuple[str, str]]:
    """To whom, and what about, in the order they left."""
    return [(message.to[0], message.subject) for message in mail.outbox]
