"""Figures for Prometheus, right with any number of processes.

Each process counts in files of its own; the answer adds them up and asks the database for the rest.
"""

import fcntl
import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_q.models import Failure, OrmQ
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.core.http.auth import Bearer, bearer_token
from apps.core.http.errors import InvalidToken, NotAuthenticated, NotFound
from apps.core.queue import queue_age

logger = logging.getLogger(__name__)

HOST = re.sub(r"[^A-Za-z0-9.]", "", socket.gethostname())
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

operation_ids: dict[tuple[str, str], str] = {}
"""(method, path as ninja spells it) → operation id; the router writes it."""


def process_name() -> str:
    return f"{HOST}-{os.getpid()}"


# Where prometheus_client looks for the folder, and whose files are whose: containers may share the folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRICS_DIR)
values.ValueClass = values.MultiProcessValue(process_name)

requests = Counter("infloo_requests", "Requests answered.", ["operation", "method", "status"], registry=None)
seconds_taken = Histogram(
    "infloo_request_seconds", "How long they took.", ["operation"], buckets=BUCKETS, registry=None
)


class MetricsToken(Bearer):
    def __call__(self, request: HttpRequest) -> str:
        if not settings.METRICS_TOKEN:
            raise NotFound
        token = bearer_token(request)
        if token is None:
            raise NotAuthenticated
        if not constant_time_compare(token, settings.METRICS_TOKEN):
            raise InvalidToken
        return "metrics"


def count(request: HttpRequest, method: str, status: int, seconds: float) -> None:
    """One request answered. Labels are names from the code, never what a caller sent."""
    if not settings.METRICS_TOKEN:
        return
    operation = operation_of(request)
    try:
        requests.labels(operation, method if method in METHODS else "other", status).inc()
        seconds_taken.labels(operation).observe(seconds)
    except OSError:  # no folder to count in
        logger.exception("the request could not be counted")


def operation_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:
        return "none"
    if not request.path_info.startswith("/api/"):
        return "page"
    path = match.route.removeprefix("api/v1").replace("<", "{").replace(">", "}")
    return operation_ids.get((request.method or "", path), "none")


def figures() -> bytes:
    registry = CollectorRegistry()
    registry.register(Live())
    with locked_folder() as folder:
        fold_in_the_dead(folder)
        MultiProcessCollector(registry, str(folder))
        return generate_latest(registry)


@contextmanager
def locked_folder() -> Iterator[Path]:
    """Nobody else adds up, or folds in, at the same time."""
    folder = Path(settings.METRICS_DIR)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def fold_in_the_dead(folder: Path) -> None:
    """What ended processes of this machine counted moves into one file, or every restart would leave its own."""
    for path in folder.glob(f"*_{HOST}-*.db"):
        kind, _, process = path.stem.partition("_")
        if is_alive(int(process.rpartition("-")[2])):
            continue
        past = MmapedDict(str(folder / f"{kind}_past.db"))
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):
            past.write_value(key, past.read_value(key)[0] + value, timestamp)
        past.close()
        path.unlink()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Live(Collector):
    """What the database knows at this moment."""

    def collect(self) -> Iterator[Metric]:
        version = GaugeMetricFamily("infloo_info", "What runs.", labels=["version"])
        version.add_metric([settings.VERSION], 1)
        yield version
        try:
            found = [queue_family(), jobs_family(), *connection_families()]
        except DatabaseError:
            logger.exception("the database does not answer")
            found = []
        yield GaugeMetricFamily("infloo_database_up", "Whether the database answers.", value=bool(found))
        yield from found


def queue_family() -> Metric:
    return GaugeMetricFamily(
        "infloo_queue_age_seconds", "How long the oldest job has waited to be taken.", value=queue_age()
    )


def jobs_family() -> Metric:
    now = timezone.now()
    states: dict[str, int] = OrmQ.objects.aggregate(
        waiting=Count("pk", filter=Q(lock__lte=now)), taken=Count("pk", filter=Q(lock__gt=now))
    )
    jobs = GaugeMetricFamily("infloo_jobs", "Jobs waiting, taken, and failed for good.", labels=["state"])
    for state, number in {**states, "failed": Failure.objects.count()}.items():
        jobs.add_metric([state], number)
    return jobs


def connection_families() -> list[Metric]:
    """Connections to the database, where it has such."""
    if connection.vendor != "postgresql":
        return []
    connections = GaugeMetricFamily("infloo_database_connections", "Connections, by what they do.", labels=["state"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        for state, number in cursor.fetchall():
            connections.add_metric([state], number)
    return [connections]
