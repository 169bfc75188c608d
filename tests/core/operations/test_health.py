from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ
from redis import Connection as RedisConnection

from apps.core.mail.files import MAILS_STAY_HERE
from apps.core.queue import queue
from tests.client import ApiClient

BUS = "ok" if settings.REDIS_URL else "embedded"


def refuse_with(error: Exception):
    """What the database driver does when its server is gone."""

    def refuse(*args):
        raise error

    return refuse


def test_health_says_what_runs(settings):
    body = ApiClient().get("/health").json()

    assert body == {"status": "ok", "version": settings.VERSION, "timestamp": body["timestamp"]}
    assert body["timestamp"].endswith("Z")


def test_health_asks_nobody(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert ApiClient().get("/health").status_code == 200


def test_info_says_where_things_are(settings, db):
    settings.PUBLIC_URL = "https://infloo.example"

    assert ApiClient().get("/info").json() == {
        "api_name": "Infloo",
        "version": settings.VERSION,
        "environment": "development",
        "docs_url": "https://infloo.example/api/v1/docs",
        "health": "https://infloo.example/api/v1/health",
        "terms_version": "1",
    }


def test_it_is_ready(db, stored_files):
    response = ApiClient().get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "storage": "ok", "bus": BUS, "mail": "ok", "queue_age_seconds": 0},
    }
    assert stored_files() == []


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_it_is_not_ready_without_its_database(db, error):
    with connection.execute_wrapper(refuse_with(error)):
        response = ApiClient().get("/health/ready")

    assert response.status_code == 503
    checks = {"database": "failed", "storage": "ok", "bus": BUS, "mail": "ok"}
    assert response.json() == {"status": "failed", "checks": checks}


def test_it_says_so_where_mails_reach_nobody(db, settings):
    settings.MAILS_STAY_HERE = True

    response = ApiClient().get("/health/ready")

    assert (response.status_code, response.json()["checks"]["mail"]) == (200, MAILS_STAY_HERE)


@pytest.mark.parametrize("name", ["default", "private"])
def test_it_is_not_ready_when_a_storage_cannot_be_written(db, settings, tmp_path, name):
    (tmp_path / "file").touch()
    folder = {"OPTIONS": {"location": Path(tmp_path, "file")}}
    settings.STORAGES = {**settings.STORAGES, name: settings.STORAGES[name] | folder}

    response = ApiClient().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"] | {"queue_age_seconds": 0} == {
        "database": "ok",
        "storage": "failed",
        "bus": BUS,
        "mail": "ok",
        "queue_age_seconds": 0,
    }


def test_it_tells_how_long_the_oldest_job_has_waited(db):
    with transaction.atomic():
        queue(print)
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=90))

    assert 90 <= ApiClient().get("/health/ready").json()["checks"]["queue_age_seconds"] <= 92


def test_the_age_of_the_queue_is_no_failure(db):
    with transaction.atomic():
        queue(print)
    OrmQ.objects.update(lock=timezone.now() - timedelta(days=9))

    assert ApiClient().get("/health/ready").status_code == 200


@pytest.mark.usefixtures("redis_away")
def test_it_tells_that_the_bus_is_away_and_is_ready_all_the_same(db):
    response = ApiClient().get("/health/ready")

    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert response.json()["checks"]["bus"] == "failed"


@pytest.mark.usefixtures("redis_away")
def test_however_often_it_is_asked_it_asks_the_others_once_in_a_while(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("apps.core.operations.api.FRESH_SECONDS", 3600)
    tried = []
    connect = RedisConnection.connect
    monkeypatch.setattr(RedisConnection, "connect", lambda self: tried.append(self) or connect(self))
    ApiClient().get("/health/ready")

    with django_assert_num_queries(5):  # only whether the database answers
        states = [ApiClient().get("/health/ready").json()["checks"]["bus"] for _ in range(5)]

    assert states == ["failed"] * 5
    assert len(tried) == 1
