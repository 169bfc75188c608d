"""What leads nowhere says so in the envelope, whatever the method and whoever asks."""

import pytest

from apps.core.http.links import API
from tests.client import ApiClient

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/nope", "/connections/abc", "/connections/-1", "/connections/" + "9" * 30, ""])
def test_an_unknown_path_is_not_found(alice_client, method, path):
    response = alice_client.generic(method, API + path, b"{}", "application/json")

    assert response.status_code == 404
    if method != "HEAD":
        assert response.json() == {
            "error": "Not found.",
            "detail": "Not found.",
            "code": "not_found",
            "status_code": 404,
        }


@pytest.mark.parametrize("method", METHODS)
def test_nobody_needs_to_sign_in_to_hear_it(db, method):
    assert ApiClient().generic(method, f"{API}/nope", b"", "application/json").status_code == 404
