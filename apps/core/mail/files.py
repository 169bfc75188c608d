"""Mails as files, where there is no server: one for each message, as any mail program opens it."""

import os
from collections.abc import Sequence
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

SUFFIX, UNFINISHED = ".eml", ".part"
MAILS_STAY_HERE = "No mail reaches anybody: EMAIL_URL is not set, and mails are files on this server."
"""Said where PUBLIC_URL is https, so that it is somebody's mistake."""


class FileBackend(BaseEmailBackend):
    """Django's own puts what one connection sends into one file, whose name two processes may choose at once."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid4().hex[:8]}"
            part = settings.EMAIL_FILE_PATH / f"{name}{UNFINISHED}"
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.message().as_bytes())
            part.rename(part.with_suffix(SUFFIX))  # whoever looks finds whole ones only
        return len(email_messages)
