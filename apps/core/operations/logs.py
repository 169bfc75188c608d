"""The request id, which ties an answer to every log line written for it."""

import logging
import re
import secrets
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")

SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def new_request_id(offered: str | None) -> str:
    """The caller's id, if sane, or a new one."""
    return offered if offered and SANE.fullmatch(offered) else secrets.token_hex(16)


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(record, "request_id", None) or request_id.get()
        # Django's own lines carry the request, whose repr shows the query, which may hold a token.
        record.__dict__.pop("request", None)
        return True
