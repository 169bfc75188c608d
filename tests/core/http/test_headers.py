"""What every answer says about itself: who may keep it, what it may load, who may frame it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages

from apps.core.http.links import API
from tests import asgi, wsgi
from tests.client import ApiClient
from tests.core.operations.test_settings import GOOD, S3, start
from tests.factories import DocumentFactory, StaffFactory

ROOT = Path(product.BASE_DIR)
ANYBODY = [
    ("GET", "/health", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/nothing", 404),
    ("POST", "/health", 405),
    ("GET", "/users/profile", 401),
    ("POST", "/users/auth/login", 400),
    ("GET", "/stream", 401),
]
OF_ONE_ANSWER = {"Connection", "Content-Type", "Content-Length", "X-Request-ID", "Date", "WWW-Authenticate", "Allow"}


def policy(response) -> dict[str, list[str]]:
    """The directives of its Content-Security-Policy."""
    directives = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in directives}


def own_headers(answer) -> dict[str, str]:
    """All but those that belong to the one answer."""
    names = {name.lower() for name in OF_ONE_ANSWER}
    return {name.lower(): value for name, value in answer.headers.items() if name.lower() not in names}


@pytest.mark.parametrize(("method", "path", "status"), ANYBODY)
def test_an_answer_of_the_api_is_not_kept_not_framed_and_loads_nothing(db, method, path, status):
    response = ApiClient().call(method, path, {} if method == "POST" else None)

    assert response.status_code == status
    assert own_headers(response) == {
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


@pytest.mark.parametrize("path", ["/users/profile", "/connections", "/notifications", "/chat", "/events"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_somebody_was_told_is_not_kept(alice_client, method, path):
    response = alice_client.call(method, path)

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")


def test_what_has_an_etag_may_be_kept_but_is_asked_for_again(alice_client):
    first = alice_client.get("/stream/poll")
    second = alice_client.get("/stream/poll", if_none_match=first["ETag"])

    assert (first.status_code, second.status_code) == (200, 304)
    for response in (first, second):
        assert response["Cache-Control"] == "private, no-cache"
        # Somebody else in the same browser may have the same ETag.
        assert response["Vary"] == "Authorization, Cookie"


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("exchange", [asgi.exchange, wsgi.exchange])
def test_what_is_refused_at_the_door_has_the_same_headers(settings, exchange, https):
    settings.SECURE_HSTS_SECONDS = 3600 if https else 0

    refused = exchange("POST", f"{API}/users/auth/login", b"", content_length=str(10**12))
    answered = ApiClient().get("/health")

    assert (refused.status, answered.status_code) == (413, 200)
    assert own_headers(refused) == own_headers(answered)
    assert ("strict-transport-security" in refused.headers) is https


@pytest.mark.parametrize(
    "path", [f"{API}/health", f"{API}/nothing", "/", "/nothing", "/admin/login/", "/media/nothing"]
)
def test_every_answer_demands_https_where_people_come_by_https(client, db, settings, path):
    assert "Strict-Transport-Security" not in client.get(path)

    settings.SECURE_HSTS_SECONDS = 3600

    assert client.get(path)["Strict-Transport-Security"] == "max-age=3600"


def test_a_private_file_runs_nothing_and_is_framed_by_this_site_only(alice, alice_client):
    response = alice_client.get(f"/files/document/{DocumentFactory(user=alice).pk}")

    assert policy(response).items() >= {"default-src": ["'none'"], "frame-ancestors": ["'self'"]}.items()
    assert policy(response)["sandbox"] == ["allow-same-origin"]
    assert "script-src" not in policy(response)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_public_media_run_nothing_and_are_framed_by_nobody(client):
    path = default_storage.url(default_storage.save("avatars/a.webp", ContentFile(b"x")))

    response = client.get(path.removeprefix(product.PUBLIC_URL))

    assert response.status_code == 200
    assert policy(response).items() >= {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}.items()
    assert "sandbox" in policy(response)
    assert response["X-Frame-Options"] == "DENY"


def test_a_page_loads_from_here_only_and_runs_no_inline_script(client, db):
    client.force_login(StaffFactory(is_superuser=True))

    for path in ("/", "/nothing", "/admin/", "/admin/accounts/user/", f"{API}/docs", f"{API}/docs/"):
        directives = policy(client.get(path))
        allowed = {source for sources in directives.values() for source in sources}
        assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
        assert "'unsafe-inline'" not in directives["script-src"]
        assert allowed <= {"'self'", "'none'", "data:", "'unsafe-inline'", "'unsafe-eval'", product.PUBLIC_URL}


def test_only_the_console_evaluates(client, db):
    pages = {path: policy(client.get(path))["script-src"] for path in ("/admin/login/", "/nothing", f"{API}/docs")}

    assert [path for path, sources in pages.items() if "'unsafe-eval'" in sources] == ["/admin/login/"]


def test_the_console_is_kept_by_nobody(client, db):
    client.force_login(StaffFactory())

    assert "no-store" in client.get("/admin/")["Cache-Control"]


@pytest.mark.parametrize(("debug", "has_policy"), [(False, True), (True, False)])
def test_djangos_own_pages_about_a_fault_may_style_themselves(client, settings, debug, has_policy):
    settings.DEBUG = debug

    assert ("Content-Security-Policy" in client.get("/nothing")) is has_policy


@pytest.mark.parametrize(
    "environment",
    [
        {"S3_REGION": "us-east-1"},
        {"S3_REGION": "eu-central-1"},
        {"S3_ENDPOINT": "http://127.0.0.1:9000"},
        {"S3_ENDPOINT": "https://s3.example/behind/a/path", "S3_PUBLIC_URL": "https://media.example/x"},
    ],
)
def test_pages_may_show_what_lies_in_s3(tmp_path, settings, environment):
    code = "import json; print(json.dumps([config.settings.STORAGES, config.settings.FILE_ORIGINS], default=str))"
    configured, origins = json.loads(start(tmp_path, code, **S3, **environment).stdout)
    settings.STORAGES = {**configured, "staticfiles": settings.STORAGES["staticfiles"]}

    for name in ("default", "private"):
        address = storages[name].url("a.webp")
        assert [origin for origin in origins[1:] if address.startswith(f"{origin}/")]
    assert origins[0] == product.PUBLIC_URL


def test_a_server_for_others_passes_djangos_own_check(tmp_path):
    surroundings = os.environ | GOOD | {"PUBLIC_URL": "https://infloo.example", "DATA_DIR": str(tmp_path)}
    surroundings["EMAIL_URL"] = "smtp+tls://mail.example:587"  # without one it warns
    secrets = {
        "SECRET_KEY": "0123456789" * 6,
        "TOKEN_KEY": "9876543210" * 6,
        "DATA_KEYS": "0246813579" * 6,
        "ENVIRONMENT": "production",
    }
    command = [sys.executable, ROOT / "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    checked = subprocess.run(
        command,
        env=surroundings | secrets | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no issues" in checked.stdout
