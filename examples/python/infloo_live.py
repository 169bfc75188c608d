"""Infloo's live events for a Python program. Copy this file; it needs nothing but the standard library.

    live = Live("https://infloo.example", access, refresh=new_access_token, cursor=saved, on_reset=load_everything)
    for event in live.events():
        handle(event)
        save(live.cursor)

It streams, goes on where it was cut off, polls while streams do not get through, and ends with `Ended`.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SILENCE_SECONDS = 30
"""The server says something at least every 20 seconds: a stream that is silent for so long is dead."""
LONGEST_PAUSE_SECONDS = 60


class Ended(Exception):
    """What must not come back by itself: `session_ended` (sign in again), `too_many` (of one person's streams)."""


@dataclass(frozen=True)
class Event:
    name: str
    data: Any
    id: str | None
    """None for what is told once and stored nowhere: `typing`."""


class Live:
    stream_tries = 2
    """After so many streams in a row that brought nothing it polls,"""
    poll_seconds = 60.0
    """for so long, and then tries a stream again."""
    wait, limit = 25, 100

    def __init__(
        self,
        site: str,
        token: str,
        *,
        refresh: Callable[[], str] | None = None,
        cursor: str | None = None,
        on_reset: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`refresh` returns a new access token. `on_reset` loads all that is shown anew: events are missing."""
        self.base = f"{site.rstrip('/')}/api/v1"
        self.token, self.refresh = token, refresh
        self.cursor = cursor
        self.on_reset, self.sleep = on_reset, sleep
        self.retry_seconds = 2.0
        self.failures = self.stream_failures = 0
        self.needs_token = self.has_new_token = False

    def events(self) -> Iterator[Event]:
        """In their order, each once. Leave the loop to leave the stream."""
        while True:
            is_polling = self.stream_failures >= self.stream_tries
            try:
                if self.needs_token:
                    self.renew_token()
                yield from self.polls() if is_polling else self.stream()
            except HTTPError as error:
                error.close()
                self.needs_token = self.needs_token or error.code == 401
                if error.code != 401:
                    self.back_off(is_polling)
            except (OSError, HTTPException, ValueError):  # the network, and what stands in the middle of it
                self.back_off(is_polling)

    def stream(self) -> Iterator[Event]:
        place = {} if self.cursor is None else {"Last-Event-ID": self.cursor}
        with urlopen(self.request("/stream", **place), timeout=SILENCE_SECONDS) as answer:
            if answer.headers.get_content_type() != "text/event-stream":
                raise ValueError("This is no stream.")
            for block in blocks(answer):
                self.note_success()
                self.stream_failures = 0
                yield from self.read(block)
        if not self.needs_token:
            raise HTTPException("The stream was cut off.")

    def read(self, block: dict[str, str]) -> Iterator[Event]:
        name, data = block.get("event"), json.loads(block.get("data", "null"))
        if name == "closed":
            self.close(data["reason"])
            return
        if name == "reset":
            self.on_reset()  # if this fails, the old cursor brings the reset again
        if "retry" in block:
            self.retry_seconds = int(block["retry"]) / 1000
        self.cursor = block.get("id", self.cursor)
        if name not in (None, "reset"):
            yield Event(name, data, block.get("id"))

    def close(self, reason: str) -> None:
        """After anything else, such as `shutdown`, one comes back like after a cut."""
        if reason in ("session_ended", "too_many"):
            raise Ended(reason)
        self.needs_token = reason == "token_expired"

    def polls(self) -> Iterator[Event]:
        until = time.monotonic() + self.poll_seconds
        yield from self.poll()
        while time.monotonic() < until:
            yield from self.poll()
        self.stream_failures = self.stream_tries - 1

    def poll(self) -> Iterator[Event]:
        # Without a cursor one begins at now. The first answer tells where that is, so it must not wait.
        place = {} if self.cursor is None else {"cursor": self.cursor, "wait": self.wait}
        started = time.monotonic()
        path = f"/stream/poll?{urlencode({'limit': self.limit, **place})}"
        with urlopen(self.request(path), timeout=self.wait + SILENCE_SECONDS) as answer:
            data = json.load(answer)["data"]
        self.note_success()
        if data["reset"]:
            self.on_reset()
        for event in data["events"]:
            self.cursor = event["id"]
            yield Event(event["event"], event["data"], event["id"])
        if not data["events"] and data["cursor"] == self.cursor and time.monotonic() - started < 1:
            self.sleep(self.pause())  # a server that does not wait
        self.cursor = data["cursor"]

    def request(self, path: str, **headers: str) -> Request:
        return Request(self.base + path, headers={"Authorization": f"Bearer {self.token}", **headers})

    def note_success(self) -> None:
        self.failures = 0
        self.has_new_token = False

    def back_off(self, is_polling: bool) -> None:
        """Where polls fail as well, it is not the streams."""
        self.stream_failures = 0 if is_polling else self.stream_failures + 1
        self.failures += 1
        self.sleep(self.pause())

    def pause(self) -> float:
        """Longer each time, and not the same for everybody: nobody wants to be met by all at once."""
        longest = min(self.retry_seconds * 2 ** min(self.failures, 16), LONGEST_PAUSE_SECONDS)
        return random.uniform(longest / 2, longest)

    def renew_token(self) -> None:
        """A new token that is refused as well is the end."""
        if self.refresh is None or self.has_new_token:
            raise Ended("session_ended")
        try:
            self.token = self.refresh()
        except HTTPError as error:
            if error.code in (400, 401, 403):
                raise Ended("session_ended") from error
            raise
        self.needs_token, self.has_new_token = False, True


def blocks(lines: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """The fields of each server-sent event; one that was cut off is left out."""
    block: dict[str, str] = {}
    for line in lines:
        text = line.decode().rstrip("\r\n")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in block:
            block["data"] += "\n" + value
        elif name:  # else a comment, which says that the stream is alive
            block[name] = value
        elif not text and block:
            yield block
            block = {}


def main(site: str, cursor: str | None = None) -> None:
    for event in Live(site, os.environ["INFLOO_TOKEN"], cursor=cursor).events():
        print(event.id, event.name, json.dumps(event.data), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
