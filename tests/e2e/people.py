"""People who use a running installation, each over HTTP and with a token of their own."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.conftest import Installation

PASSWORD = "Secret@123"
WORKER_SECONDS = 30


def visitor(infloo: Installation) -> httpx.Client:
    return httpx.Client(base_url=infloo.url, timeout=30)


@contextmanager
def joined(infloo: Installation, username: str, user_type_id: int) -> Iterator[httpx.Client]:
    """Somebody who registers, logs in, and speaks as this person from then on."""
    form = {"username": username, "email": f"{username}@infloo.in", "password": PASSWORD, "user_type_id": user_type_id}
    with visitor(infloo) as person:
        registered = person.post("/api/v1/users/auth/register/", json=form)
        assert registered.status_code == 201, registered.text
        log_in(person, username)
        yield person


def log_in(person: httpx.Client, username: str, password: str = PASSWORD) -> None:
    login = person.post("/api/v1/users/auth/login", json={"username": username, "password": password})
    assert login.status_code == 200, login.text
    person.headers["Authorization"] = f"Bearer {login.json()['data']['access']}"


@contextmanager
def staff(infloo: Installation, username: str) -> Iterator[httpx.Client]:
    """Somebody in the console, through its login page."""
    password = "Wk-7731-console"
    account = {"USERNAME": username, "EMAIL": f"{username}@infloo.in", "PASSWORD": password}
    infloo.manage(
        "createsuperuser", "--noinput", **{f"DJANGO_SUPERUSER_{name}": text for name, text in account.items()}
    )
    with visitor(infloo) as console:
        submit(console, "/admin/login/", username=username, password=password)
        yield console


def submit(console: httpx.Client, path: str, **fields: str) -> None:
    """Fill in the form of a page and send it, as a browser would."""
    page = console.get(path)
    assert page.status_code == 200, page.text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, "the page has no form"
    sent = console.post(path, data={"csrfmiddlewaretoken": token[1], **fields})
    assert sent.status_code == 302, sent.text


def data_of(answer: httpx.Response, status: int = 200) -> Any:
    """What an answer brings, if it is the one that was expected."""
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def id_of(person: httpx.Client) -> int:
    found: int = data_of(person.get("/api/v1/users/profile"))["id"]
    return found


def connect(sender: httpx.Client, receiver: httpx.Client) -> None:
    asked = data_of(sender.post("/api/v1/connections/request/", json={"receiver_id": id_of(receiver)}), 201)
    data_of(receiver.patch(f"/api/v1/connections/{asked['id']}/action/", json={"status": "accepted"}))


def told(person: httpx.Client, **wanted: str) -> list[str]:
    """What their notifications say, the newest first."""
    return [row["message"] for row in data_of(person.get("/api/v1/notifications", params=wanted))]


def wait_for(person: httpx.Client, message: str) -> None:
    """Until the worker has told them."""
    deadline = time.monotonic() + WORKER_SECONDS
    while message not in told(person):
        assert time.monotonic() < deadline, f"nobody said: {message}"
        time.sleep(0.1)
