"""What a moderator took down is nowhere to be found, for its author neither; it comes back as it was."""

import json
from zipfile import ZipFile

import pytest

from apps.accounts.models import Export
from apps.accounts.services.exports import request_export
from apps.core.declarations import declared
from apps.events.models import Event
from apps.messaging.models import Message
from apps.moderation.targets import reportable
from apps.social.models import Story
from tests.client import ApiClient
from tests.factories import MessageFactory
from tests.moderation.people import boss
from tests.moderation.reads import found, opens, opens_link, read

KINDS = {"story": Story, "event": Event, "message": Message}


@pytest.fixture
def scene(world):
    """Nina's story, an event of hers for connections, and what she wrote to bob, with a picture."""
    world.clients["nina"] = ApiClient(world.nina)
    world.calendar_of_bob = ApiClient(world.bob).get("/events/calendar").json()["data"]["url"]
    world.attachment_link = read(world.clients["bob"], f"/chat?user_id={world.nina.pk}")["data"][0]["attachments"][0][
        "url"
    ]
    return world


def row_of(scene, kind: str):
    return {"story": scene.story, "event": scene.secret, "message": scene.message}[kind]


def take_down(scene, kind: str) -> None:
    reportable(kind).take_down(row_of(scene, kind), boss())


def restore(scene, kind: str) -> None:
    reportable(kind).restore(row_of(scene, kind), boss())


def in_calendar(name: str):
    def look(client: ApiClient, scene) -> bool:
        path = "/" + getattr(scene, name).split("/api/v1/")[1]
        return f"{scene.secret.uid}" in client.get(path).content.decode()

    return look


def last_message(client: ApiClient, scene) -> bool:
    (row,) = [row for row in read(client, "/chat/conversations")["data"] if row["other_user"]["id"] == scene.nina.pk]
    return row["last_message"] == scene.message.content and row["unread_count"] == 1


READS = {
    "bob lists stories": ("story", "bob", found("/stories", lambda scene: scene.story.pk)),
    "nina lists her stories": ("story", "nina", found("/stories/my_stories", lambda scene: scene.story.pk)),
    "bob opens the story's file": ("story", "bob", opens("/files/story/{0.story.pk}")),
    "nina opens the story's file": ("story", "nina", opens("/files/story/{0.story.pk}")),
    "a moderator opens the story's file": ("story", "moderator", opens("/files/story/{0.story.pk}")),
    "bob opens a link to the story's file": ("story", "visitor", opens_link("story_link")),
    "nina lists who saw the story": ("story", "nina", opens("/stories/{0.story.pk}/viewers")),
    "bob lists events": ("event", "bob", found("/events", lambda scene: scene.secret.pk)),
    "bob searches events": ("event", "bob", found("/events?search=gala", lambda scene: scene.secret.pk)),
    "bob lists the events to come": ("event", "bob", found("/events?when=upcoming", lambda scene: scene.secret.pk)),
    "bob lists nina's events": ("event", "bob", found("/events?host={0.nina.pk}", lambda scene: scene.secret.pk)),
    "nina lists events": ("event", "nina", found("/events", lambda scene: scene.secret.pk)),
    "bob opens the event": ("event", "bob", opens("/events/{0.secret.pk}")),
    "nina opens the event": ("event", "nina", opens("/events/{0.secret.pk}")),
    "a moderator opens the event": ("event", "moderator", opens("/events/{0.secret.pk}")),
    "bob opens the event's calendar": ("event", "bob", opens("/events/{0.secret.pk}/calendar.ics")),
    "nina lists who comes": ("event", "nina", opens("/events/{0.secret.pk}/attendees")),
    "bob's calendar asks for his events": ("event", "visitor", in_calendar("calendar_of_bob")),
    "nina's calendar asks for her events": ("event", "visitor", in_calendar("calendar_link")),
    "bob lists what they wrote": ("message", "bob", found("/chat?user_id={0.nina.pk}", lambda scene: scene.message.pk)),
    "nina lists what they wrote": (
        "message",
        "nina",
        found("/chat?user_id={0.bob.pk}", lambda scene: scene.message.pk),
    ),
    "bob lists all messages": ("message", "bob", found("/chat", lambda scene: scene.message.pk)),
    "nina lists all messages": ("message", "nina", found("/chat", lambda scene: scene.message.pk)),
    "bob lists conversations": ("message", "bob", last_message),
    "bob opens the picture": ("message", "bob", opens("/files/attachment/{0.attachment.pk}")),
    "nina opens the picture": ("message", "nina", opens("/files/attachment/{0.attachment.pk}")),
    "a moderator opens the picture": ("message", "moderator", opens("/files/attachment/{0.attachment.pk}")),
    "bob opens a link to the picture": ("message", "visitor", opens_link("attachment_link")),
}


@pytest.mark.parametrize(("kind", "who", "shows"), READS.values(), ids=READS)
def test_it_is_hidden_and_comes_back(scene, kind, who, shows):
    client = scene.clients[who]
    before = shows(client, scene)

    take_down(scene, kind)
    removed = shows(client, scene)
    restore(scene, kind)

    assert (before, removed, shows(client, scene)) == (True, False, True)


WRITES = {
    "see the story": ("story", "bob", "POST", "/stories/{0.story.pk}/view", None),
    "delete the story": ("story", "nina", "DELETE", "/stories/{0.story.pk}", None),
    "take the story down again": ("story", "moderator", "DELETE", "/stories/{0.story.pk}", None),
    "join the event": ("event", "bob", "POST", "/events/{0.secret.pk}/join", {"status": "going"}),
    "change the event": ("event", "nina", "PATCH", "/events/{0.secret.pk}", {"title": "Party"}),
    "cancel the event": ("event", "nina", "DELETE", "/events/{0.secret.pk}", None),
    "invite to the event": ("event", "nina", "POST", "/events/{0.secret.pk}/invite", {"user_ids": [1]}),
    "change the message": ("message", "nina", "PATCH", "/chat/{0.message.pk}", {"content": "Hi"}),
    "delete the message": ("message", "nina", "DELETE", "/chat/{0.message.pk}", None),
    "report the story": ("story", "bob", "POST", "/reports", ("story", "{0.story.pk}")),
    "report the event": ("event", "bob", "POST", "/reports", ("event", "{0.secret.pk}")),
    "report the message": ("message", "bob", "POST", "/reports", ("message", "{0.message.pk}")),
}


@pytest.mark.parametrize(("kind", "who", "method", "path", "body"), WRITES.values(), ids=WRITES)
def test_nobody_does_anything_with_it(scene, kind, who, method, path, body):
    if isinstance(body, tuple):
        body = {"target_type": body[0], "target_id": int(body[1].format(scene)), "reason": "spam"}
    take_down(scene, kind)

    assert scene.clients[who].call(method, path.format(scene), body).status_code == 404


def test_the_log_of_live_events_forgets_a_message_and_tells_of_it_again(alice, alice_client, world):
    sent = alice_client.post("/chat", {"receiver_id": world.bob.pk, "content": "Hi"}).json()["data"]["id"]
    message, client = Message.objects.get(pk=sent), world.clients["bob"]

    def told() -> list[str]:
        events = read(client, "/stream/poll?cursor=0")["data"]["events"]
        return [event["event"] for event in events if event["data"].get("id") == sent and "message" in event["event"]]

    before = told()
    reportable("message").take_down(message, boss())
    removed = told()
    reportable("message").restore(message, boss())

    assert (before, removed, told()) == (["message"], ["message_deleted"], ["message_deleted", "message"])


@pytest.mark.parametrize("kind", ["event", "message"])
def test_a_repeated_request_shows_its_words_again_once_it_is_back(world, kind):
    client = ApiClient(world.nina)
    make = {
        "event": ("/events", {"title": "Gala", "date": "2030-01-01T10:00:00Z", "location": "Berlin"}, "title"),
        "message": ("/chat", {"receiver_id": world.bob.pk, "content": "Gala"}, "content"),
    }
    path, body, word = make[kind]

    def say() -> str:
        return client.post(path, body, idempotency_key="k").json()["data"][word]

    row = KINDS[kind].objects.filter(pk=client.post(path, body, idempotency_key="k").json()["data"]["id"]).get()
    reportable(kind).take_down(row, boss())
    hidden = say()
    reportable(kind).restore(row, boss())

    assert (hidden, say()) == ("", "Gala")


def test_a_conversation_falls_back_to_the_message_before(world):
    old = MessageFactory(sender=world.bob, receiver=world.carol, content="Old")
    new = MessageFactory(sender=world.bob, receiver=world.carol, content="New")

    reportable("message").take_down(new, boss())

    (row,) = world.clients["carol"].get("/chat/conversations").json()["data"]
    assert (row["last_message"], row["unread_count"], old.pk < new.pk) == ("Old", 1, True)


def test_every_kind_that_can_be_taken_down_can_come_back(db):
    for kind in declared("reportable", "REPORTABLES"):
        assert bool(kind.take_down) == bool(kind.restore) == bool(kind.delete_removed)


@pytest.mark.parametrize(
    ("kind", "room", "name"),
    [("story", "social", "stories"), ("event", "events", "events"), ("message", "messaging", "messages")],
)
def test_exports_leave_it_out(scene, run_jobs, kind, room, name):
    def exported() -> list[int]:
        request_export(user=scene.nina)
        run_jobs()
        with Export.objects.get(user=scene.nina).file.open() as file, ZipFile(file) as archive:
            return [row["id"] for row in json.loads(archive.read(f"{room}.json"))[name]]

    before = exported()
    take_down(scene, kind)

    assert row_of(scene, kind).pk in before
    assert row_of(scene, kind).pk not in exported()
