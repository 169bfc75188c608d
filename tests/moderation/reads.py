"""Whether somebody finds something, by the paths of the API."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http.response import HttpResponseBase
from django.test import Client

from tests.client import ApiClient


def read(client: ApiClient, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.json()


def found(path: str, wanted: Callable[[Any], Any], *, field: Callable[[Any], Any] = lambda row: row["id"]) -> Any:
    """Whether a list has the row."""
    return lambda client, world: wanted(world) in [field(row) for row in read(client, path.format(world))["data"]]


def is_there(response: HttpResponseBase) -> bool:
    if response.streaming:  # closed half-read, it would close the connection of the test
        assert b"".join(response.streaming_content)
    assert response.status_code in (200, 404)
    return response.status_code == 200


def opens(path: str) -> Any:
    def look(client: ApiClient, world: Any) -> bool:
        return is_there(client.get(path.format(world)))

    return look


def opens_link(name: str) -> Any:
    def look(client: ApiClient, world: Any) -> bool:
        parts = urlsplit(getattr(world, name))
        return is_there(Client().get(f"{parts.path}?{parts.query}"))

    return look
