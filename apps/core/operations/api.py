"""Is it there, is it well, what is it."""

import logging
import time
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.responses import Status
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from apps.core.http.links import API, absolute
from apps.core.http.routing import Router, refusals
from apps.core.http.schemas import Out
from apps.core.http.throttling import limiter
from apps.core.mail.files import MAILS_STAY_HERE
from apps.core.operations import metrics
from apps.core.queue import queue_age
from apps.core.site_settings import site_settings

logger = logging.getLogger(__name__)
FRESH_SECONDS = 2
"""Anybody may ask how it is, as often as they like; storages, bus and queue are asked this often."""

router = Router(tags=["operations"], auth=None)


class HealthOut(Out):
    status: Literal["ok"]
    version: str
    timestamp: datetime


class ReadyOut(Out):
    """`checks` names what works (`ok`), what does not (`failed`), and the queue's age in seconds.

    Without `database` and `storage` the status is `failed`. `bus` rings between processes for live events: Redis, or
    `embedded` in the database where there is none; without it they come later. `mail` says so where mails reach nobody.
    """

    status: Literal["ok", "failed"]
    checks: dict[str, str | int]


class InfoOut(Out):
    api_name: str
    version: str
    environment: str
    docs_url: str
    health: str
    terms_version: str


@router.get("/health", auth=None, response=HealthOut)
def health(request: HttpRequest) -> dict[str, object]:
    return {"status": "ok", "version": settings.VERSION, "timestamp": timezone.now()}


@router.get("/health/ready", auth=None, response={200: ReadyOut, 503: ReadyOut})
def ready(request: HttpRequest) -> Status[dict[str, object]]:
    slot = int(time.monotonic() // FRESH_SECONDS)
    checks: dict[str, str | int] = {"database": check_database(), "storage": storage_state(slot)}
    failed = "failed" in checks.values()
    checks["bus"] = bus_state(slot)
    checks["mail"] = MAILS_STAY_HERE if settings.MAILS_STAY_HERE else "ok"
    if checks["database"] == "ok":
        checks["queue_age_seconds"] = queue_age_at(slot)
    return Status(503 if failed else 200, {"status": "failed" if failed else "ok", "checks": checks})


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return "failed"
    return "ok"


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


@lru_cache(maxsize=1)
def bus_state(slot: int) -> str:
    """The client of the request counters asks, for it does not wait long for a Redis that is away."""
    if not settings.REDIS_URL:
        return "embedded"
    return "ok" if limiter().storage.check() else "failed"


@lru_cache(maxsize=1)
def queue_age_at(slot: int) -> int:
    return queue_age()


@router.get("/info", auth=None, response=InfoOut)
def info(request: HttpRequest) -> dict[str, object]:
    return {
        "api_name": "Infloo",
        "version": settings.VERSION,
        "environment": settings.ENVIRONMENT,
        "docs_url": absolute(f"{API}/docs"),
        "health": absolute(f"{API}/health"),
        "terms_version": site_settings().terms_version,
    }


METRICS_ANSWER: dict[str, Any] = {
    "response": {200: None, **refusals(404)},
    "openapi_extra": {
        "responses": {
            200: {
                "description": "Figures as Prometheus reads them; 404 where METRICS_TOKEN is not set.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        }
    },
}


@router.get("/metrics", auth=metrics.MetricsToken(), operation_id="metrics", **METRICS_ANSWER)
def show_metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(metrics.figures(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
