"""What every request meets at the doors: its id, its log line, and no more than it needs."""

import json
import logging
from io import StringIO

import pytest
from django.contrib.sessions.models import Session as PageSession
from django.db import connection

from apps.core.http.links import API
from tests.client import ApiClient
from tests.factories import DocumentFactory, StaffFactory
from tests.links import link_to


@pytest.fixture
def log_lines():
    """What the process writes to standard error, as the objects it consists of."""
    handler = next(found for found in logging.getLogger().handlers if type(found) is logging.StreamHandler)
    written, usual = StringIO(), handler.stream
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(usual)


@pytest.mark.parametrize("path", ["/health", "/nothing", "/users/profile", "/docs"])
def test_every_answer_has_a_request_id(db, path):
    first, second = ApiClient().get(path), ApiClient().get(path)

    assert len(first["X-Request-ID"]) == 32
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_pages_have_one_too(client, db):
    assert client.get("/admin/login/")["X-Request-ID"]


@pytest.mark.parametrize("offered", ["abc", "7f3d.a_b-C", "x" * 64])
def test_the_callers_id_is_kept_if_sane(offered):
    assert ApiClient().get("/health", x_request_id=offered)["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "a\nb", 'a"b', "<b>", "é", "a,b"])
def test_another_id_is_replaced(offered):
    given = ApiClient().get("/health", x_request_id=offered)["X-Request-ID"]

    assert len(given) == 32


def test_a_request_is_one_line(alice_client, log_lines):
    alice_client.get("/users/profile/", x_request_id="my-request", user_agent="phone")

    (line,) = log_lines()
    assert line.items() >= {
        ("level", "INFO"),
        ("logger", "infloo.access"),
        ("method", "GET"),
        ("path", "/api/v1/users/profile/"),
        ("status", 200),
        ("address", "127.0.0.1"),
        ("request_id", "my-request"),
    }


def test_head_is_logged_as_head(log_lines):
    ApiClient().call("HEAD", "/health")

    assert log_lines()[0]["method"] == "HEAD"


def test_every_line_of_a_failed_request_carries_its_id(alice_client, log_lines):
    def fail(*args):
        raise RuntimeError("a mistake")

    with connection.execute_wrapper(fail):
        alice_client.get("/users/profile", x_request_id="my-request")

    lines = log_lines()
    assert len(lines) >= 2
    assert {line["request_id"] for line in lines} == {"my-request"}


@pytest.mark.parametrize(
    "path",
    [
        "/files/document/{id}?sig=SECRET",
        "/users/profile?token=SECRET",
        "/nothing?token=SECRET",
        "/health?sig=SECRET&token=SECRET",
    ],
)
def test_no_line_shows_a_query(alice, log_lines, path):
    document = DocumentFactory(user=alice)

    def fail(*args):
        raise RuntimeError("a mistake")

    ApiClient().get(path.format(id=document.pk))
    with connection.execute_wrapper(fail):
        ApiClient(None).get(path.format(id=document.pk), authorization="Bearer SECRET")
        ApiClient(None).get(path.format(id=document.pk))

    assert log_lines()
    assert "SECRET" not in json.dumps(log_lines())


def test_a_working_token_is_in_no_line(alice, log_lines):
    client, url = ApiClient(alice), link_to(DocumentFactory(user=alice))
    client.get("/users/profile")
    client.get(url.partition(API)[2])

    written = json.dumps(log_lines())
    assert client.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ") not in written
    assert url.partition("?sig=")[2] not in written


def test_the_api_keeps_no_session(alice_client, django_assert_num_queries):
    with django_assert_num_queries(2):  # who you are, your profile
        response = alice_client.get("/users/profile")

    assert response.cookies == {}
    assert PageSession.objects.count() == 0


def test_the_api_does_not_look_at_a_session(client, db):
    client.force_login(StaffFactory())

    response = client.get("/api/v1/users/profile")

    assert response.status_code == 401
    assert "Cookie" not in response.get("Vary", "")


def test_pages_still_have_sessions(client, db):
    client.force_login(StaffFactory(is_superuser=True))

    assert client.get("/admin/").status_code == 200


def test_the_length_is_told():
    response = ApiClient().get("/info")

    assert response["Content-Length"] == str(len(response.content))
    assert ApiClient().call("HEAD", "/info")["Content-Length"] == response["Content-Length"]


def test_times_are_in_utc_with_a_z(alice_client):
    data = alice_client.get("/users/profile").json()["data"]

    assert data["created_at"].endswith("Z")


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_documentation_needs_nobody_else(slash, db):
    page = ApiClient().get(f"/docs{slash}")
    schema = ApiClient().get(f"/openapi.json{slash}")

    assert page.status_code == schema.status_code == 200
    assert b"//" not in page.content.replace(b"</", b"<").replace(b"http://www.w3.org", b"")
    assert schema.json()["info"]["title"] == "Infloo"
