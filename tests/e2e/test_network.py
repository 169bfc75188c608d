"""An event, told by the real worker to the real connections, and a story with a real film."""

import time
from contextlib import ExitStack, closing

import httpx

from tests.client import media_file
from tests.e2e.conftest import Infloo
from tests.e2e.test_journey import join, messages

EVENT = {
    "title": "Summer Launch",
    "description": "Launching our new summer collection.",
    "date": "2099-06-01T18:00:00Z",
    "location": "New York, NY",
    "capacity": 1,
}
WORKER_SECONDS = 15


def connect(sender: httpx.Client, receiver: httpx.Client) -> None:
    receiver_id = receiver.get("/users/profile").json()["data"]["id"]
    asked = sender.post("/connections/request/", json={"receiver_id": receiver_id})
    receiver.patch(f"/connections/{asked.json()['data']['id']}/action/", json={"status": "accepted"})


def wait_for(person: httpx.Client, message: str) -> None:
    deadline = time.monotonic() + WORKER_SECONDS
    while message not in messages(person):
        assert time.monotonic() < deadline, f"nobody said: {message}"
        time.sleep(0.2)


def test_connections_hear_of_an_event_and_see_a_story(infloo: Infloo):
    with ExitStack() as stack:
        people = join(infloo, "brand1", 2), join(infloo, "alice", 1), join(infloo, "erik", 3)
        brand, alice, erik = (stack.enter_context(closing(person)) for person in people)
        for sender, receiver in ((alice, brand), (erik, brand), (alice, erik)):
            connect(sender, receiver)
        host_an_event(brand, alice, erik)
        show_a_story(brand, alice)


def host_an_event(brand: httpx.Client, alice: httpx.Client, erik: httpx.Client) -> None:
    created = brand.post("/events/", json=EVENT)
    assert created.status_code == 201, created.text
    path = f"/events/{created.json()['data']['id']}"
    for person in (alice, erik):
        wait_for(person, "brand1 is hosting a new event: Summer Launch")

    assert alice.post("/events/", json=EVENT).status_code == 403
    assert brand.post(f"{path}/join/", json={"status": "interested"}).json()["error"] == "Brands cannot join events."
    assert alice.post(f"{path}/join/", json={"status": "going"}).json()["data"]["status"] == "going"
    assert erik.post(f"{path}/join/", json={"status": "going"}).json()["data"]["status"] == "waitlisted"
    wait_for(erik, "alice is going to Summer Launch")

    assert alice.delete(f"{path}/join/").status_code == 204
    wait_for(erik, "You are now going to Summer Launch")
    wait_for(alice, "erik is going to Summer Launch")
    assert "SUMMARY:Summer Launch" in alice.get(f"{path}/calendar.ics").text


def show_a_story(brand: httpx.Client, alice: httpx.Client) -> None:
    film = media_file("clip.mp4")
    posted = brand.post(
        "/stories/", data={"caption": "Morning Coffee"}, files={"content_file": (film.name, film.read())}
    )
    assert posted.status_code == 201, posted.text
    (story,) = alice.get("/stories").json()["data"]
    assert (story["user"], story["caption"], story["seen"]) == ("brand1", "Morning Coffee", False)
    part = httpx.get(story["content_url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert alice.post(f"/stories/{story['id']}/view").status_code == 204
    assert brand.get("/stories/my_stories").json()["data"][0]["views_count"] == 1
