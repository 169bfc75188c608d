"""Figures for Prometheus: guarded, in the words of the code, and right with several processes."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone
from django_q.models import OrmQ, Task
from prometheus_client.parser import text_string_to_metric_families

from apps.core.operations import metrics
from apps.core.queue import queue
from tests.client import ApiClient
from tests.core.operations.test_health import refuse_with
from tests.operations import OPERATIONS

TOKEN = {"authorization": f"Bearer {settings.METRICS_TOKEN}"}

pytestmark = pytest.mark.django_db


def scrape():
    """(name, values of its labels in the order of their names) → value."""
    response = ApiClient().get("/metrics", **TOKEN)
    assert response.status_code == 200
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def requests(figures, operation, method="GET", status="200"):
    return figures.get(("infloo_requests_total", method, operation, status), 0)


def counted(call, operation, method="GET", status="200"):
    """How many more of these there are after `call`."""
    before = requests(scrape(), operation, method, status)
    call()
    return requests(scrape(), operation, method, status) - before


def test_it_is_for_whoever_has_the_token():
    assert ApiClient().get("/metrics").status_code == 401
    assert ApiClient().get("/metrics", authorization=TOKEN["authorization"] + "x").status_code == 401
    assert ApiClient().get("/metrics", **TOKEN)["Content-Type"].startswith("text/plain; version=0.0.4")


def test_nobody_else_may_read_it(alice_client):
    assert alice_client.get("/metrics").status_code == 401


@pytest.mark.parametrize("headers", [{}, TOKEN, {"authorization": "Bearer "}])
def test_without_a_token_set_there_is_nothing(settings, headers):
    settings.METRICS_TOKEN = ""

    assert ApiClient().get("/metrics", **headers).status_code == 404


def test_it_counts_requests_by_operation_and_status():
    assert counted(lambda: ApiClient().get("/health"), "health") == 1
    assert counted(lambda: ApiClient().get("/users/profile"), "get_profile", status="401") == 1
    assert counted(lambda: ApiClient().post("/users/auth/login", {}), "login", "POST", "400") == 1
    assert counted(lambda: ApiClient().call("HEAD", "/health/"), "health", "other") == 1


def test_it_counts_how_long_they_take():
    before = scrape()
    ApiClient().get("/health")
    after = scrape()

    for name in (("infloo_request_seconds_count", "health"), ("infloo_request_seconds_bucket", "+Inf", "health")):
        assert after[name] - before.get(name, 0) == 1
    assert (
        0 < after["infloo_request_seconds_sum", "health"] - before.get(("infloo_request_seconds_sum", "health"), 0) < 5
    )


def test_what_a_caller_sends_is_no_label(client):
    assert counted(lambda: client.get("/api/v1/made-up"), "none", status="404") == 1
    assert counted(lambda: client.get("/admin/login/"), "page") == 1
    assert counted(lambda: client.get("/made-up"), "none", status="404") == 1
    assert counted(lambda: client.generic("MADEUP", "/api/v1/health"), "none", "other", "405") == 1

    assert not any("made-up" in "".join(sample) or "MADEUP" in sample for sample in scrape())


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_has_its_name(operation):
    request = RequestFactory().generic(operation.method, f"/api/v1{operation.url()}")
    request.resolver_match = resolve(request.path)

    assert metrics.operation_of(request) == operation.id


def other_process():
    """Asks for its health once, and again for every line it is sent."""
    code = (
        "import django; django.setup()\n"
        "from tests.client import ApiClient\n"
        "import sys\n"
        "print(ApiClient().get('/health').status_code, flush=True)\n"
        "for line in sys.stdin: print(ApiClient().get('/health').status_code, flush=True)\n"
    )
    environment = os.environ | {"METRICS_DIR": str(settings.METRICS_DIR), "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment | {"PYTHONPATH": str(settings.BASE_DIR), "LOG_LEVEL": "ERROR"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def asked(process):
    return process.stdout.readline() == "200\n"


@pytest.mark.sqlite
def test_it_adds_up_what_the_processes_count():
    before = requests(scrape(), "health")

    with other_process() as first, other_process() as second:
        assert asked(first)
        assert asked(second)
        assert requests(scrape(), "health") == before + 2

        first.stdin.write("\n")
        first.stdin.flush()
        assert asked(first)
        assert requests(scrape(), "health") == before + 3


@pytest.mark.sqlite
def test_what_an_ended_process_counted_stays_and_its_files_go():
    before = requests(scrape(), "health")

    for _ in range(2):
        with other_process() as process:
            process.communicate("\n" * 3)

    assert requests(scrape(), "health") == before + 8
    assert requests(scrape(), "health") == before + 8
    assert {path.name.split("_")[1] for path in Path(settings.METRICS_DIR).glob("*.db")} == {
        f"{metrics.process_name()}.db",
        "past.db",
    }


def test_it_tells_of_jobs():
    with transaction.atomic():
        for _ in range(3):
            queue(print)
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=90))
    OrmQ.objects.filter(pk=OrmQ.objects.last().pk).update(lock=timezone.now() + timedelta(seconds=90))
    now = timezone.now()
    Task.objects.create(id="a" * 32, name="failed", func="print", started=now, stopped=now, success=False)

    figures = scrape()

    assert {state: figures["infloo_jobs", state] for state in ("waiting", "taken", "failed")} == {
        "waiting": 2,
        "taken": 1,
        "failed": 1,
    }
    assert 90 <= figures["infloo_queue_age_seconds",] <= 92
    assert figures["infloo_database_up",] == 1
    assert figures["infloo_info", settings.VERSION] == 1


def test_it_answers_without_its_database():
    with connection.execute_wrapper(refuse_with(OperationalError("gone"))):
        figures = scrape()

    assert figures["infloo_database_up",] == 0
    assert requests(figures, "metrics") > 0


@pytest.mark.postgres
def test_it_tells_how_many_connections_there_are():
    assert scrape()["infloo_database_connections", "active"] >= 1


def test_a_folder_that_is_gone_breaks_no_request(monkeypatch):
    def refuse(*labels):
        raise FileNotFoundError

    monkeypatch.setattr(metrics.requests, "labels", refuse)

    assert ApiClient().get("/health").status_code == 200


def test_where_nobody_asks_nothing_is_counted(settings):
    token, settings.METRICS_TOKEN = settings.METRICS_TOKEN, ""
    assert ApiClient().get("/health").status_code == 200
    settings.METRICS_TOKEN = token

    def call():
        settings.METRICS_TOKEN = ""
        ApiClient().get("/health")
        settings.METRICS_TOKEN = token

    assert counted(call, "health") == 0
