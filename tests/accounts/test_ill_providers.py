"""Providers that are slow, down, or answer something else."""

import socket
import time
from contextlib import suppress
from threading import Thread

import pytest

from apps.accounts.models import User
from apps.accounts.oauth import client
from tests.accounts.providers import NAMES
from tests.accounts.test_login_by_provider import NEW, OURS, by_code, by_token, login


@pytest.fixture(autouse=True)
def _database(db):
    pass


@pytest.fixture
def _hurried(monkeypatch):
    """A second stands for a quarter of a minute."""
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(client, "LOGIN_SECONDS", 1.0)


def test_one_that_takes_five_seconds_is_waited_for(providers):
    providers.delay = 5

    assert login("google", id_token=providers.id_token("google"), **NEW).status_code == 201
    assert client.LOGIN_SECONDS > 3 * 5  # no login asks more than three things


def at(port, settings):
    settings.OAUTH_PROVIDERS = {
        name: {"client_ids": ["a"], "secret": "b", "base_url": f"http://127.0.0.1:{port}"} for name in NAMES
    }


def assert_down(answer):
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_down")
    assert answer["Retry-After"]
    assert not User.objects.exists()


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.usefixtures("_hurried")
def test_one_that_is_away_is_down(dead_port, settings, provider):
    at(dead_port, settings)

    assert_down(login(provider, code="x", redirect_uri=OURS, **NEW))


def test_silence_is_waited_for_less_than_ten_seconds():
    assert 5 < client.ANSWER_SECONDS < 10


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.usefixtures("_hurried")
def test_one_that_says_nothing_is_down(silent_port, settings, provider):
    at(silent_port, settings)

    assert_down(login(provider, code="x", redirect_uri=OURS, **NEW))


@pytest.mark.usefixtures("_hurried")
def test_all_that_it_is_asked_shares_one_time(providers):
    providers.delay = 0.4

    assert_down(by_code(providers, "github", **NEW))


@pytest.fixture
def dripping_port():
    """Whoever is asked there answers a letter at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            with suppress(OSError), server.accept()[0] as caller:
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(1000):
                    caller.sendall(b" ")
                    time.sleep(0.05)

        Thread(target=drip, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.usefixtures("_hurried")
def test_one_that_drips_is_down_in_the_same_time(dripping_port, settings):
    at(dripping_port, settings)
    started = time.monotonic()

    assert_down(login("tiktok", code="x", redirect_uri=OURS, **NEW))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "answer",
    [
        *[
            (500, {}),
            (502, b"<html>"),
            (429, {}),
            (200, b"<html>"),
            (200, b""),
            (200, b"1"),
            (200, b'"x"'),
            (200, b"null"),
        ],
        *[(302, b"http://127.0.0.1:1/"), (200, b'{"a": "' + b"x" * client.MAX_BYTES + b'"}')],
    ],
    ids=lambda answer: ascii(answer)[:30],
)
@pytest.mark.parametrize("provider", NAMES)
def test_one_that_answers_what_it_should_not_is_down(providers, provider, answer):
    providers.instead = lambda: answer

    assert_down(login(provider, code="x", redirect_uri=OURS, **NEW))


@pytest.mark.parametrize(
    "answer", [[], {}, [1], {"data": 1}, {"data": [1]}, {"access_token": {}}, {"id_token": 1}], ids=str
)
@pytest.mark.parametrize("provider", NAMES)
def test_one_that_does_not_say_who_it_is_refuses(providers, provider, answer):
    providers.instead = lambda: (200, answer)

    refused = [login(provider, code="x", redirect_uri=OURS, **NEW), login(provider, access_token="x", **NEW)]

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(400, "provider_refused")}


@pytest.mark.parametrize(("word", "shown"), [("invalid_client", "invalid_client"), ("Token abc-1 is wrong", "")])
def test_the_log_has_its_own_word_for_what_it_refuses(providers, caplog, word, shown):
    caplog.set_level("INFO")
    providers.instead = lambda: (401, {"error": word})

    login("google", code="x", redirect_uri=OURS, **NEW)

    assert f"google refused: 401 {shown}" in [record.getMessage() for record in caplog.records]


def test_a_slow_one_does_not_take_every_thread(db, providers, settings):
    settings.OAUTH_AT_ONCE = 2
    client.places.cache_clear()
    with client.asking("google"), client.asking("google"):
        answer = by_token(providers, "google")

    assert (answer.status_code, answer.json()["code"]) == (503, "provider_down")
    assert by_token(providers, "google").json()["code"] != "provider_down"
