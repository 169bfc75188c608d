"""The Python client of examples/ on a wire that breaks: nothing is lost, nothing comes twice, all in order."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from infloo_live import Ended, Event, Live

from tests.e2e import audience
from tests.e2e.conftest import Infloo
from tests.e2e.streams import LONG_SECONDS, Wire, ear, inside, made_to_run, polled

WRITERS, EACH, MESSAGES = 8, 225, 100
EVENTS = WRITERS * EACH + 2 * MESSAGES
"""A message makes two: itself, and the one notification of it, brought up to date."""
ALL_SECONDS = 300
LAST = "the last"

Person = dict[str, Any]


@pytest.fixture(scope="module")
def infloo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infloo]:
    with made_to_run(tmp_path_factory.mktemp("client")) as running:
        yield running


@pytest.fixture(scope="module")
def strangers(infloo: Infloo) -> Iterator[Person]:
    """Of whom nobody has told anything yet."""
    return iter(inside(infloo.environment, audience.people, "person", 20))


@pytest.fixture
def alice(strangers: Iterator[Person]) -> Person:
    return next(strangers)


@pytest.fixture
def bob(strangers: Iterator[Person]) -> Person:
    return next(strangers)


def write(infloo: Infloo, person: Person, receiver: Person, *contents: str) -> None:
    headers = {"Authorization": f"Bearer {person['token']}"}
    with httpx.Client(base_url=infloo.api, headers=headers, timeout=LONG_SECONDS) as client:
        for content in contents:
            sent = client.post("/chat", json={"receiver_id": receiver["id"], "content": content})
            assert sent.status_code == 201, sent.text


class Listener(threading.Thread):
    """Runs a client until it hears the last message, or is told of its end."""

    def __init__(self, live: Live) -> None:
        super().__init__(daemon=True)
        self.live = live
        self.heard: list[Event] = []
        self.ended: str | None = None
        self.start()

    def run(self) -> None:
        try:
            for event in self.live.events():
                self.heard.append(event)
                if event.name == "message" and event.data["content"] == LAST:
                    return
        except Ended as end:
            self.ended = str(end)

    def finish(self, seconds: float = LONG_SECONDS) -> None:
        self.join(seconds)
        assert not self.is_alive(), f"it still waits, after {len(self.heard)} events"

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONG_SECONDS
        while not is_so():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    @property
    def messages(self) -> list[str]:
        return [event.data["content"] for event in self.heard if event.name == "message"]


@contextmanager
def wire_to(infloo: Infloo, **faults: Any) -> Iterator[Wire]:
    wire = Wire(int(infloo.url.rpartition(":")[2]), **faults)
    try:
        yield wire
    finally:
        wire.end()


def hurried(seconds: float) -> None:
    """Two thousand cuts are to be seen in this life."""
    time.sleep(min(seconds, 0.002))


class Alternating(Live):
    """Goes from stream to poll and back with every event."""

    stream_tries, poll_seconds, limit = 1, 0.0, 1


def test_clients_cut_off_after_every_event_hear_each_once_and_in_order(infloo, alice, bob):
    begin = place_of(infloo, alice)
    with ExitStack() as stack:
        wires = [stack.enter_context(wire_to(infloo, cuts=True)) for _ in range(2)]
        kinds = zip((Live, Alternating), wires, strict=True)
        clients = [Listener(kind(wire.url, alice["token"], cursor=begin, sleep=hurried)) for kind, wire in kinds]
        chat = threading.Thread(target=write, args=(infloo, bob, alice, *map(str, range(MESSAGES))))
        chat.start()
        inside(infloo.environment, audience.tell, alice["id"], WRITERS, EACH)
        chat.join(ALL_SECONDS)
        write(infloo, bob, alice, LAST)
        for client in clients:
            client.finish(ALL_SECONDS)

    truth = polled(infloo.api, alice["token"], begin)
    assert truth.pop()["event"] == "notification"  # of the last message
    assert len(truth) == EVENTS + 1
    for client, wire in zip(clients, wires, strict=True):
        print(f"{type(client.live).__name__}: {wire.streams} streams, {wire.polls} polls")
        assert [vars(event) for event in client.heard] == [
            {"name": event["event"], "data": event["data"], "id": event["id"]} for event in truth
        ]
        assert_each_writer_is_heard_in_order(client)
    assert wires[0].streams > EVENTS / 2
    assert min(wires[1].streams, wires[1].polls) > EVENTS / 4


def place_of(infloo: Infloo, person: Person) -> str:
    answer = httpx.get(f"{infloo.api}/stream/poll", headers={"Authorization": f"Bearer {person['token']}"})
    place: str = answer.json()["data"]["cursor"]
    return place


def assert_each_writer_is_heard_in_order(client: Listener) -> None:
    assert client.messages == [*map(str, range(MESSAGES)), LAST]
    said = defaultdict(list)
    for event in client.heard:
        if event.name == "notification" and event.data["code"] == "welcome":
            writer, number = divmod(event.data["redirect"]["id"], 1000)
            said[writer].append(number)
    assert said == {writer: list(range(EACH)) for writer in range(WRITERS)}


def test_where_streams_do_not_get_through_it_polls_and_later_streams_again(infloo, alice, bob):
    with wire_to(infloo, refuses=True) as wire:
        live = Live(wire.url, alice["token"], cursor="0", sleep=hurried)
        live.poll_seconds, live.wait = 2.0, 1
        client = Listener(live)
        client.wait_until(lambda: wire.polls > 0)
        write(infloo, bob, alice, "by poll")
        client.wait_until(lambda: client.messages == ["by poll"])
        refused = wire.streams
        wire.refuses = False
        write(infloo, bob, alice, "by either")
        client.wait_until(lambda: wire.streams > refused)
        write(infloo, bob, alice, LAST)
        client.finish()

    assert refused == live.stream_tries
    assert client.messages == ["by poll", "by either", LAST]


def test_it_goes_on_with_a_new_token_when_its_own_expires(infloo, alice, bob):
    short = inside(infloo.environment, audience.token, alice["id"], alice["session"], 3)
    asked = []

    def refresh() -> str:
        asked.append(time.time())
        return alice["token"]

    client = Listener(Live(infloo.url, short, refresh=refresh, cursor="0"))
    write(infloo, bob, alice, "before")
    client.wait_until(lambda: bool(asked))
    write(infloo, bob, alice, LAST)
    client.finish()

    assert len(asked) == 1
    assert client.messages == ["before", LAST]


def test_a_token_that_is_refused_twice_is_the_end(infloo):
    asked = []

    def refresh() -> str:
        asked.append("again")
        return "worthless"

    client = Listener(Live(infloo.url, "worthless", refresh=refresh))
    client.finish()

    assert (client.ended, asked) == ("session_ended", ["again"])


def test_it_does_not_come_back_after_a_logout(infloo, alice):
    client = Listener(Live(infloo.url, alice["token"]))
    client.wait_until(lambda: client.live.cursor is not None)

    httpx.post(f"{infloo.api}/users/auth/logout", headers={"Authorization": f"Bearer {alice['token']}"})

    client.finish()
    assert client.ended == "session_ended"


def test_it_does_not_fight_with_the_persons_other_clients(infloo, alice):
    client = Listener(Live(infloo.url, alice["token"]))
    client.wait_until(lambda: client.live.cursor is not None)

    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(ear(infloo.api, alice["token"]))
        client.finish()

    assert client.ended == "too_many"


@pytest.mark.parametrize("kind", [Live, Alternating])
def test_it_says_when_events_are_missing_and_goes_on(infloo, alice, bob, kind):
    resets, tries = [], []

    def load_everything() -> None:
        tries.append("try")
        if len(tries) == 1:
            raise OSError("no network")
        resets.append(True)

    client = Listener(kind(infloo.url, alice["token"], cursor="999999", on_reset=load_everything, sleep=hurried))
    client.wait_until(lambda: resets == [True])
    client.wait_until(lambda: client.live.cursor == "0")
    write(infloo, bob, alice, LAST)
    client.finish()

    assert (len(tries), resets, client.messages) == (2, [True], [LAST])


def test_it_waits_longer_each_time_and_never_the_same(infloo):
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
