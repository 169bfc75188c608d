"""Many people at the same moment, at a running server."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.e2e.conftest import Home
from tests.e2e.files import picture
from tests.e2e.people import connect, data_of, id_of, joined
from tests.races import together

CROWD = 20
ROUNDS = 5
MEETINGS = 25
EVENT = {"title": "Race", "date": "2099-06-01T18:00:00Z", "location": "Le Mans", "capacity": 2}


@pytest.fixture(scope="module")
def host(shared_home: Home) -> Iterator[httpx.Client]:
    with joined(shared_home.running(), "racehost", 2) as person:
        yield person


@pytest.fixture(scope="module")
def crowd(shared_home: Home) -> Iterator[list[httpx.Client]]:
    infloo = shared_home.running()
    with ExitStack() as stack:
        names = [f"racer{number}" for number in range(CROWD)]
        yield together(*[lambda name=name: stack.enter_context(joined(infloo, name, 1)) for name in names])


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def go(person: httpx.Client, event: int) -> str:
    status: str = data_of(person.post(f"/api/v1/events/{event}/join", json={"status": "going"}))["status"]
    return status


@pytest.mark.parametrize("round", range(ROUNDS))
def test_one_of_twenty_gets_the_last_place(shared, host, crowd, round):
    event = data_of(host.post("/api/v1/events", json=EVENT), 201)["id"]
    with joined(shared, f"first{round}", 1) as first:
        go(first, event)

    given = together(*[lambda person=person: go(person, event) for person in crowd])

    assert Counter(given) == {"going": 1, "waitlisted": CROWD - 1}
    attendees = data_of(host.get(f"/api/v1/events/{event}/attendees?limit=100"))
    assert Counter(person["status"] for person in attendees) == {"going": 2, "waitlisted": CROWD - 1}
    assert data_of(host.get(f"/api/v1/events/{event}"))["attendees_count"] == 2


def test_a_story_counts_each_viewer_once(shared, host, crowd):
    for person in crowd:
        connect(person, host)
    story = data_of(host.post("/api/v1/stories", files={"content_file": ("picture.png", picture())}), 201)["id"]
    eager, *others = crowd
    view = f"/api/v1/stories/{story}/view"

    answers = together(*[lambda person=person: person.post(view) for person in [eager] * 20 + others])

    assert statuses(answers) == {204: 39}
    assert [row["views_count"] for row in data_of(host.get("/api/v1/stories/my_stories"))] == [20]
    viewers = [person["username"] for person in data_of(host.get(f"/api/v1/stories/{story}/viewers?limit=100"))]
    assert sorted(viewers) == sorted(f"racer{number}" for number in range(CROWD))


def test_reading_while_messages_arrive_leaves_a_true_count(shared, crowd):
    reader, writer = crowd[:2]
    reader_id, writer_id = id_of(reader), id_of(writer)

    def read() -> httpx.Response:
        return reader.post("/api/v1/chat/read", json={"user_id": writer_id})

    def write() -> httpx.Response:
        return writer.post("/api/v1/chat", json={"receiver_id": reader_id, "content": "Hi"})

    # One of each meets in the narrowest place; many of each find out whether anything fails.
    for callers in [[read, write]] * MEETINGS + [[read, write, write] * 4]:
        data_of(write(), 201)

        answers = together(*callers)

        assert statuses(answers) == {200: callers.count(read), 201: callers.count(write)}
        [conversation] = data_of(reader.get("/api/v1/chat/conversations"))
        messages = data_of(reader.get(f"/api/v1/chat?user_id={writer_id}&limit=100"))
        unread = [message["is_read"] for message in messages].count(False)
        assert conversation["unread_count"] == unread
        notices = data_of(reader.get("/api/v1/notifications?type=message_received&is_read=false"))
        assert len(notices) == (1 if unread else 0)
