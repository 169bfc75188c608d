"""Is it there, is it well, what is it."""

import logging
import time
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django_q.models import OrmQ
from ninja.responses import Status

from apps.core.links import API, absolute
from apps.core.routing import Router
from apps.core.schemas import Out

logger = logging.getLogger(__name__)
FRESH_SECONDS = 2
"""Anybody may ask how it is, as often as they like; the storages are asked this often."""

router = Router(tags=["operations"], auth=None)


class HealthOut(Out):
    status: Literal["ok"]
    version: str
    timestamp: datetime


class ReadyOut(Out):
    """`checks` names what works (`ok`), what does not (`failed`), and the queue's age in seconds."""

    status: Literal["ok", "failed"]
    checks: dict[str, str | int]


class InfoOut(Out):
    api_name: str
    version: str
    environment: str
    docs_url: str
    health: str


@router.get("/health", auth=None, response=HealthOut)
def health(request: HttpRequest) -> dict[str, object]:
    return {"status": "ok", "version": settings.VERSION, "timestamp": timezone.now()}


@router.get("/health/ready", auth=None, response={200: ReadyOut, 503: ReadyOut})
def ready(request: HttpRequest) -> Status[dict[str, object]]:
    checks: dict[str, str | int] = {"database": check_database(), "storage": check_storage()}
    failed = "failed" in checks.values()
    if checks["database"] == "ok":
        checks["queue_age_seconds"] = queue_age()
    return Status(503 if failed else 200, {"status": "failed" if failed else "ok", "checks": checks})


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return "failed"
    return "ok"


def check_storage() -> str:
    return storage_state(int(time.monotonic() // FRESH_SECONDS))


@lru_cache(maxsize=1)
def storage_state(slot: int) -> str:
    """Writes and removes a file: a full or read-only disk would let itself be looked at."""
    try:
        for name in ("default", "private"):
            storage = storages[name]
            storage.delete(storage.save("ready", ContentFile(b"ready")))
    except Exception:  # a remote storage has errors of its own
        logger.exception("the storage does not answer")
        return "failed"
    return "ok"


def queue_age() -> int:
    """Seconds the oldest job has been waiting to be taken; 0 for none."""
    # The broker writes into `lock` when a job may be taken: its arrival, or its next attempt.
    oldest = OrmQ.objects.order_by("lock").values_list("lock", flat=True).first()
    return max(int((timezone.now() - oldest) / timedelta(seconds=1)), 0) if oldest else 0


@router.get("/info", auth=None, response=InfoOut)
def info(request: HttpRequest) -> dict[str, object]:
    return {
        "api_name": "Infloo",
        "version": settings.VERSION,
        "environment": settings.ENVIRONMENT,
        "docs_url": absolute(f"{API}/docs"),
        "health": absolute(f"{API}/health"),
    }
