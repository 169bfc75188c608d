"""Pages of other sites may call the API with a Bearer token, where the installation names them."""

import pytest

from apps.core.http.links import API
from tests import asgi, wsgi
from tests.client import ApiClient
from tests.operations import OPERATIONS

pytestmark = pytest.mark.django_db

EXPOSED = "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
STRANGER = "https://evil.example"
SERVERS = [asgi.exchange, wsgi.exchange]
ALLOW = "access-control-allow-origin"


def preflight(path, origin, method="POST", headers="authorization,content-type"):
    asked = {"access_control_request_method": method, "access_control_request_headers": headers}
    return ApiClient().call("OPTIONS", path, origin=origin, **asked)


def said_of_sites(answer):
    return {name.lower() for name in answer.headers if name.lower().startswith("access-control-")}


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("path", "status"), [("/user-types", 200), ("/users/profile", 401), ("/nothing", 404)])
def test_every_answer_may_be_read_there(other_site, path, status):
    answer = ApiClient().get(path, origin=other_site)

    assert answer.status_code == status
    assert answer["Access-Control-Allow-Origin"] == other_site
    assert answer["Access-Control-Expose-Headers"] == EXPOSED
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer["X-Request-ID"]
    assert "origin" in answer["Vary"]


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "origin", [STRANGER, "https://app.example.evil.example", "http://app.example", "null", "[", ""]
)
def test_other_sites_are_told_nothing(other_site, origin):
    for answer in (ApiClient().get("/user-types", origin=origin), preflight("/users/auth/login", origin)):
        assert answer.status_code == 200
        assert said_of_sites(answer) == set()
        assert "origin" in answer["Vary"]


def test_a_refusal_of_the_limits_may_be_read_there(other_site, alice, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures": "1/hour"}
    login = {"username": "alice", "password": "Wrong@123"}

    statuses = [ApiClient().post("/users/auth/login", login).status_code for _ in range(2)]
    refused = ApiClient().post("/users/auth/login", login, origin=other_site)

    assert (statuses, refused.status_code) == ([401, 429], 429)
    assert refused["Access-Control-Allow-Origin"] == other_site


def test_each_operation_may_be_asked_beforehand(other_site, subtests, settings):
    """Without the database: nobody is asked who they are, and nothing is counted."""
    settings.THROTTLES = True
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1/hour")

    for operation in OPERATIONS:
        with subtests.test(str(operation)):
            for path in (operation.url(), f"{operation.url()}/"):
                answer = preflight(path, other_site, operation.method)

                assert (answer.status_code, answer.content) == (200, b"")
                assert answer["Access-Control-Allow-Origin"] == other_site
                assert operation.method in answer["Access-Control-Allow-Methods"].split(", ")
                assert "X-RateLimit-Limit" not in answer


def test_the_headers_that_the_api_reads_may_be_sent(other_site):
    allowed = preflight("/events", other_site)["Access-Control-Allow-Headers"].split(", ")

    assert {"authorization", "content-type", "idempotency-key", "last-event-id", "x-request-id"} <= set(allowed)
    assert "x-csrftoken" not in allowed  # that goes with cookies


def test_a_preflight_has_the_headers_of_any_answer(other_site):
    answer = preflight("/events", other_site)

    assert answer["X-Request-ID"]
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("path", ["/admin/login/", "/media/nothing", "/nothing", "/apiary"])
def test_only_the_api_is_for_them(other_site, client, db, path):
    for method in ("GET", "OPTIONS"):
        headers = {"origin": other_site, "access-control-request-method": "GET"}

        assert said_of_sites(client.generic(method, path, headers=headers)) == set()


def test_options_that_is_no_preflight_is_answered_as_ever(other_site):
    answer = ApiClient().call("OPTIONS", "/events", origin=other_site)

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (405, other_site)


@pytest.mark.parametrize("exchange", SERVERS)
def test_what_is_refused_at_the_door_may_be_read_there(other_site, exchange):
    def refused(origin):
        return exchange("POST", f"{API}/users/auth/login", b"", content_length=str(10**12), origin=origin)

    answer, told = refused(other_site), refused(STRANGER)

    assert (answer.status, answer.headers[ALLOW], answer.headers["vary"]) == (413, other_site, "origin")
    assert answer.headers["access-control-expose-headers"] == EXPOSED
    assert (told.status, said_of_sites(told), told.headers["vary"]) == (413, set(), "origin")


@pytest.mark.parametrize("exchange", SERVERS)
def test_both_servers_answer_preflights(other_site, exchange):
    answer = exchange("OPTIONS", f"{API}/stream", origin=other_site, access_control_request_method="GET")

    assert (answer.status, answer.headers[ALLOW], answer.body) == (200, other_site, b"")


@pytest.mark.parametrize("exchange", SERVERS)
def test_where_none_is_named_nothing_is_said_of_any(db, exchange):
    origin = "https://app.example"
    answers = [
        exchange("GET", f"{API}/info", origin=origin),
        exchange("OPTIONS", f"{API}/info", origin=origin, access_control_request_method="GET"),
        exchange("POST", f"{API}/users/auth/login", b"", content_length=str(10**12), origin=origin),
    ]

    assert [answer.status for answer in answers] == [200, 405, 413]
    for answer in answers:
        assert said_of_sites(answer) == set()
        assert "vary" not in answer.headers
