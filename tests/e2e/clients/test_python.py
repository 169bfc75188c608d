"""The Python client of examples/ on a wire that breaks: nothing is lost, nothing comes twice, all in order."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from infloo_live import Ended, Event, Live

from tests.e2e.strangers import log_of, say, short_token, speaking, tell_in_step
from tests.e2e.wire import wire_to

WRITERS, EACH = 8, 250 if "SOAK" in os.environ else 25
EVENTS = WRITERS * EACH
SECONDS = 60
"""Where only that something happens matters, and not when."""
LAST = "the last"


def wait_until(is_so: Callable[[], object], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_last(heard: list[Event]) -> bool:
    return heard[-1].name == "message" and heard[-1].data["content"] == LAST


class Listener(threading.Thread):
    """Runs a client until it has heard enough, or is told of its end."""

    def __init__(self, live: Live, is_enough: Callable[[list[Event]], bool] = is_last) -> None:
        super().__init__(daemon=True)
        self.live, self.is_enough = live, is_enough
        self.heard: list[Event] = []
        self.ended: str | None = None
        self.start()

    def run(self) -> None:
        try:
            for event in self.live.events():
                self.heard.append(event)
                if self.is_enough(self.heard):
                    return
        except Ended as end:
            self.ended = str(end)

    def finish(self) -> None:
        self.join(SECONDS)
        assert not self.is_alive(), f"it still waits, after {len(self.heard)} events"

    @property
    def messages(self) -> list[str]:
        return [event.data["content"] for event in self.heard if event.name == "message"]


def hurried(seconds: float) -> None:
    """Many cuts are to be seen in this life."""
    time.sleep(min(seconds, 0.002))


class Alternating(Live):
    """Goes from stream to poll and back with every event."""

    stream_tries, poll_seconds, limit = 1, 0.0, 1


def test_clients_cut_off_after_every_event_hear_each_once_and_in_order(shared, alice):
    kinds = (Live, Alternating)
    with ExitStack() as stack:
        wires = [stack.enter_context(wire_to(shared.url)) for _ in kinds]
        for wire in wires:
            wire.cuts_streams = True
        clients = [
            Listener(kind(wire.url, alice.token, cursor="0", sleep=hurried), lambda heard: len(heard) == EVENTS)
            for kind, wire in zip(kinds, wires, strict=True)
        ]
        tell_in_step(shared, alice, WRITERS, EACH, lambda: min(len(client.heard) for client in clients))
        for client in clients:
            client.finish()

    truth = log_of(shared, alice)
    assert len(truth) == EVENTS
    for client in clients:
        assert [vars(event) for event in client.heard] == [
            {"name": event["event"], "data": event["data"], "id": event["id"]} for event in truth
        ]
        assert_each_writer_is_heard_in_order(client.heard)
    assert wires[0].streams > EVENTS / 2
    assert min(wires[1].streams, wires[1].polls) > EVENTS / 4


def assert_each_writer_is_heard_in_order(heard: list[Event]) -> None:
    told = [divmod(event.data["redirect"]["id"], 1000) for event in heard]
    for writer in range(WRITERS):
        assert [number for who, number in told if who == writer] == list(range(EACH))


def test_where_streams_do_not_get_through_it_polls_and_later_streams_again(shared, alice, bob):
    with wire_to(shared.url) as wire:
        wire.refuses_streams = True
        live = Live(wire.url, alice.token, cursor="0", sleep=hurried)
        live.poll_seconds, live.wait = 1.0, 1
        client = Listener(live)
        wait_until(lambda: wire.polls)
        say(shared, bob, alice, "by poll")
        wait_until(lambda: client.messages == ["by poll"])
        refused = wire.streams
        wire.refuses_streams = False
        say(shared, bob, alice, "by either")
        wait_until(lambda: wire.streams > refused and live.stream_failures == 0)
        say(shared, bob, alice, LAST)
        client.finish()

    assert refused >= live.stream_tries
    assert client.messages == ["by poll", "by either", LAST]


def test_it_goes_on_with_a_new_token_when_its_own_expires(shared, alice, bob):
    asked = []

    def refresh() -> str:
        asked.append("once")
        return alice.token

    client = Listener(Live(shared.url, short_token(shared, alice, 3), refresh=refresh, cursor="0"))
    say(shared, bob, alice, "before")
    wait_until(lambda: asked)
    say(shared, bob, alice, LAST)
    client.finish()

    assert asked == ["once"]
    assert client.messages == ["before", LAST]


def test_a_token_that_is_refused_twice_is_the_end(shared):
    asked = []

    def refresh() -> str:
        asked.append("again")
        return "worthless"

    client = Listener(Live(shared.url, "worthless", refresh=refresh))
    client.finish()

    assert (client.ended, asked) == ("session_ended", ["again"])


def test_it_does_not_come_back_after_a_logout(shared, alice):
    client = Listener(Live(shared.url, alice.token))
    wait_until(lambda: client.live.cursor is not None)

    with speaking(shared, alice) as person:
        person.post("/users/auth/logout")

    client.finish()
    assert client.ended == "session_ended"


def test_it_does_not_fight_with_the_persons_other_clients(shared, alice, bob):
    first = Listener(Live(shared.url, alice.token))
    wait_until(lambda: first.live.cursor is not None)

    others = [Listener(Live(shared.url, alice.token)) for _ in range(10)]
    first.finish()
    wait_until(lambda: all(other.live.cursor is not None for other in others))
    say(shared, bob, alice, LAST)
    for other in others:
        other.finish()

    assert first.ended == "too_many"
    assert first.messages == []


@pytest.mark.parametrize("kind", [Live, Alternating])
def test_it_says_when_events_are_missing_and_goes_on(shared, alice, bob, kind):
    tries = []

    def load_everything() -> None:
        tries.append("try")
        if len(tries) == 1:
            raise OSError("no network")

    client = Listener(kind(shared.url, alice.token, cursor="999999", on_reset=load_everything, sleep=hurried))
    wait_until(lambda: client.live.cursor == "0")
    say(shared, bob, alice, LAST)
    client.finish()

    assert (len(tries), client.messages) == (2, [LAST])


def test_it_waits_longer_each_time_and_never_the_same():
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            raise Ended("enough")

    live = Live("http://127.0.0.1:9", "token", sleep=sleep)
    list(live.read({"retry": "3000"}))
    Listener(live).finish()

    longest = [min(3.0 * 2**number, 60) for number in range(1, 9)]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True)), pauses
    assert len(set(pauses)) == len(pauses)
