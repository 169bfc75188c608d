"""What nobody planned: the database is gone, or the code is wrong."""

import pytest
from django.db import InterfaceError, OperationalError, connection

from tests.client import ApiClient


def failing_with(error: Exception):
    """A database whose driver raises `error` for every statement."""

    def fail(*args):
        raise error

    return connection.execute_wrapper(fail)


@pytest.mark.parametrize("error", [OperationalError("password of infloo at 10.0.0.5"), InterfaceError("closed")])
@pytest.mark.parametrize("path", ["/user-types", "/users/profile"])
def test_a_database_that_is_down_is_503(alice_client, error, path):
    with failing_with(error):
        response = alice_client.get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["X-Request-ID"]
    assert response.json() == {
        "error": "The service is temporarily unavailable. Please try again later.",
        "detail": "The service is temporarily unavailable. Please try again later.",
        "code": "unavailable",
        "status_code": 503,
    }


def test_a_mistake_of_ours_is_500_and_shows_nothing(alice_client, caplog):
    with failing_with(RuntimeError("secret internals")):
        response = alice_client.get("/users/profile", x_request_id="my-request")

    assert response.status_code == 500
    assert response["X-Request-ID"] == "my-request"
    assert response.json() == {
        "error": "An unexpected error occurred. Please try again later.",
        "detail": "An unexpected error occurred. Please try again later.",
        "code": "server_error",
        "status_code": 500,
    }
    assert "secret internals" in caplog.text


def test_an_unknown_path_has_the_envelope():
    for path in ("", "/", "/nothing", "/nothing/", "/a%0Ab", "/%00"):
        response = ApiClient().get(path)

        assert response.status_code == 404, path
        assert response.json() == {
            "error": "Not found.",
            "detail": "Not found.",
            "code": "not_found",
            "status_code": 404,
        }


def test_paths_beside_the_api_version_have_it_too(client):
    for path in ("/api", "/api/", "/api/v2/health"):
        assert client.get(path).json()["code"] == "not_found"
