"""Whoever guesses at passwords is stopped by all web processes together, over a restart; the owner gets in."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx
import pytest

from tests.e2e.conftest import free_port
from tests.e2e.crashes.processes import Parts, end
from tests.e2e.people import joined, visitor
from tests.e2e.test_mails import link_in, newest_mail

TRIES = 200 if "SOAK" in os.environ else 40
AT_ONCE = 8
PER_ACCOUNT, PER_ADDRESS = TRIES // 4, TRIES // 2
"""So many guesses at one account from all addresses, and from one address at all accounts, before it is 429."""
ADDRESS = "203.0.113.7"
LIMITS = {
    "THROTTLES": "on",
    "THROTTLE_LOGIN_FAILURES_PER_ACCOUNT": f"{PER_ACCOUNT}/hour",
    "THROTTLE_LOGIN_FAILURES_PER_ADDRESS": f"{PER_ADDRESS}/15 minutes",
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Behind a proxy, which says whence callers come."""
    parts = Parts.make(tmp_path_factory.mktemp("guessing"), **LIMITS, TRUSTED_PROXIES="127.0.0.1")
    parts.serve()
    with joined(parts, "ann", 2), joined(parts, "bob", 2):
        yield parts
    parts.clear()


def log_in(url: str, name: str, password: str, address: str) -> httpx.Response:
    form = {"username": name, "password": password}
    return httpx.post(f"{url}/api/v1/users/auth/login", json=form, headers={"X-Forwarded-For": address}, timeout=60)


@pytest.fixture(scope="module")
def statuses(parts: Parts) -> dict[str, Counter[int]]:
    """Of wrong passwords: for ann from everywhere, and for many from one address.

    Two processes answer the first half, two others the second.
    """
    guesses = [("ann", f"198.18.0.{number}") for number in range(TRIES)]
    guesses += [(f"somebody{number}", ADDRESS) for number in range(TRIES)]
    statuses: dict[str, Counter[int]] = {"at ann": Counter(), "from one address": Counter()}
    for part in (guesses[::2], guesses[1::2]):
        other = f"http://127.0.0.1:{free_port()}"
        second = parts.start_web(other)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            urls = cycle([parts.url, other])
            answers = [(name, threads.submit(log_in, next(urls), name, "Wrong@123", address)) for name, address in part]
        for name, answer in answers:
            statuses["at ann" if name == "ann" else "from one address"][answer.result().status_code] += 1
        end(second, parts.serve())
        parts.serve()
    return statuses


def test_guesses_at_one_account_are_stopped_and_a_reset_lets_its_owner_in(parts, statuses):
    at_ann = statuses["at ann"]
    assert PER_ACCOUNT <= at_ann[401] < PER_ACCOUNT + AT_ONCE  # several are compared while one is counted
    assert at_ann[401] + at_ann[429] == TRIES
    assert log_in(parts.url, "ann", "Secret@123", "198.51.100.7").status_code == 429

    parts.work()
    newest_mail(parts, 2)  # what was to be sent before the worker started is sent in no certain order
    with visitor(parts) as owner:
        assert owner.post("/api/v1/users/auth/forgot-password", json={"email": "ann@infloo.in"}).status_code == 200
        token = link_in(newest_mail(parts, 3)).partition("token=")[2]
        form = {"token": token, "password": "Another@456"}
        assert owner.post("/api/v1/users/auth/reset-password", json=form).status_code == 200
    assert log_in(parts.url, "ann", "Another@456", "198.51.100.7").status_code == 200


def test_one_address_that_tries_many_accounts_is_stopped(parts, statuses):
    from_it = statuses["from one address"]
    assert PER_ADDRESS <= from_it[401] < PER_ADDRESS + AT_ONCE
    assert from_it[401] + from_it[429] == TRIES
    assert log_in(parts.url, "bob", "Secret@123", ADDRESS).status_code == 429
    assert log_in(parts.url, "bob", "Secret@123", "198.51.100.8").status_code == 200
