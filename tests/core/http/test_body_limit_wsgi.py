"""The same promise under WSGI servers, which end a body at its announced length."""

import json

import pytest

from apps.core.http import door
from tests.core.http.test_body_limit import FORM, LOGIN, WITH_FILES, WITHOUT_FILES, is_refused
from tests.wsgi import exchange

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(settings):
    settings.MAX_BODY_BYTES = 1000
    settings.MAX_UPLOAD_BYTES = 5000


def chunks(size):
    return [b"x" * 400] * (size // 400) + [b"x" * (size % 400)]


def test_what_is_announced_too_large_is_refused():
    answer = exchange("POST", LOGIN, b"x" * 1001, content_type="application/json")

    assert is_refused(answer)
    assert answer.taken_before_answer == 0
    assert answer.taken == 1001  # read and thrown away: who writes before reading sees the refusal


def test_what_grows_too_large_is_refused_while_it_is_read(monkeypatch):
    monkeypatch.setattr(door, "DRAINED_BYTES", 800)

    answer = exchange("POST", LOGIN, [b"x" * 400] * 10, content_type="application/json")

    assert is_refused(answer)
    assert answer.taken == 5


@pytest.mark.parametrize("body", [bytes, chunks])
@pytest.mark.parametrize(("method", "path"), WITH_FILES)
def test_a_form_with_files_may_be_larger(method, path, body):
    assert exchange(method, path, body(5000), content_type=FORM).status == 401
    assert is_refused(exchange(method, path, body(5001), content_type=FORM))
    assert is_refused(exchange(method, path, body(1001), content_type="application/json"))


@pytest.mark.parametrize(("method", "path"), WITHOUT_FILES)
def test_where_no_files_are_taken_a_form_has_no_more_than_any_body(method, path):
    announced = exchange(method, path, bytes(1001), content_type=FORM)
    chunked = exchange(method, path, chunks(40_000), content_type=FORM)

    assert is_refused(announced)
    assert announced.taken_before_answer == 0
    assert is_refused(chunked)
    assert chunked.taken_before_answer == 3  # as soon as it was too much


def test_a_body_of_unknown_length_is_read_whole():
    answer = exchange("POST", LOGIN, [b'{"unk', b'nown": ', b"1}"], content_type="application/json")

    assert answer.status == 400
    assert "unknown" in json.loads(answer.body)["details"]


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "9" * 5000, "²"])
def test_a_malformed_length_is_no_failure_of_ours(length):
    answer = exchange("POST", LOGIN, b"{}", content_type="application/json", content_length=length)

    assert answer.status in (400, 413)


def test_the_refusal_has_a_request_id():
    answer = exchange("POST", LOGIN, b"x" * 1001, x_request_id="my-request")

    assert answer.headers["x-request-id"] == "my-request"


def test_it_holds_for_pages_too():
    assert is_refused(exchange("POST", "/admin/login/", b"x" * 1001))
