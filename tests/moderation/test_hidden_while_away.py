"""Who is away is nowhere to be found; everything comes back with them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.staff import suspend
from apps.events.models import Attendance
from apps.notifications.models import Notification
from apps.social.models import Connection
from tests.client import ApiClient
from tests.events.people import in_days
from tests.factories import (
    ConnectionFactory,
    EventFactory,
    StaffFactory,
    UserFactory,
)
from tests.moderation.people import come_back, go_away
from tests.moderation.reads import found, opens, opens_link, read


def people_of(row: Any) -> set[str]:
    return {row["sender"]["username"], row["receiver"]["username"]}


def among_connections(client: ApiClient, world: Any) -> bool:
    return any("nina" in people_of(row) for row in read(client, "/connections")["data"])


def nina(world: Any) -> Any:
    return world.nina.pk


READS = {
    "a stranger opens the profile": ("stranger", opens("/users/profile/nina")),
    "a moderator opens the profile": ("moderator", opens("/users/profile/nina")),
    "a stranger searches": ("stranger", found("/users?search=nina", nina)),
    "a stranger lists people": ("stranger", found("/users?role=brand", nina)),
    "bob lists connections": ("bob", among_connections),
    "carol lists connections": ("carol", among_connections),
    "dave lists the request he sent": ("dave", among_connections),
    "somebody lists the request she sent": ("asked", among_connections),
    "bob lists mutual connections": ("bob", found("/connections/mutual/{0.carol.pk}", nina)),
    "bob lists mutual connections with her": ("bob", opens("/connections/mutual/{0.nina.pk}")),
    "bob counts mutual connections": (
        "bob",
        lambda client, world: read(client, f"/users/profile/{world.carol}")["data"]["mutual_connections_count"] == 1,
    ),
    "erin lists blocks": ("erin", found("/blocks", nina, field=lambda row: row["user"]["id"])),
    "bob lists stories": ("bob", found("/stories", lambda world: world.story.pk)),
    "bob opens the story's file": ("bob", opens("/files/story/{0.story.pk}")),
    "a moderator opens the story's file": ("moderator", opens("/files/story/{0.story.pk}")),
    "bob opens a link to the story's file": ("bob", opens_link("story_link")),
    "bob lists who saw his story": ("bob", found("/stories/{0.bobs_story.pk}/viewers", nina)),
    "a visitor lists events": ("visitor", found("/events", lambda world: world.event.pk)),
    "a visitor lists her events": ("visitor", found("/events?host={0.nina.pk}", lambda world: world.event.pk)),
    "a visitor opens the event": ("visitor", opens("/events/{0.event.pk}")),
    "a visitor opens the event's calendar": ("visitor", opens("/events/{0.event.pk}/calendar.ics")),
    "bob lists events for connections": ("bob", found("/events", lambda world: world.secret.pk)),
    "bob opens an event he goes to": ("bob", opens("/events/{0.secret.pk}")),
    "a moderator opens the event": ("moderator", opens("/events/{0.event.pk}")),
    "bob lists who comes": ("bob", found("/events/{0.bobs_event.pk}/attendees", nina)),
    "bob lists notifications": ("bob", found("/notifications", lambda world: world.notification.pk)),
    "bob counts unread notifications": (
        "bob",
        lambda client, world: read(client, "/notifications/unread-count")["data"]["unread_count"] == 1,
    ),
    "bob follows a notification": ("bob", opens("/notifications/{0.notification.pk}/resolve")),
    "bob lists conversations": (
        "bob",
        found("/chat/conversations", nina, field=lambda row: row["other_user"]["id"]),
    ),
    "bob lists what they wrote": ("bob", opens("/chat?user_id={0.nina.pk}")),
    "bob lists all messages": ("bob", found("/chat", lambda world: world.message.pk)),
    "bob opens a file she sent": ("bob", opens("/files/attachment/{0.attachment.pk}")),
    "her calendar asks for her events": ("visitor", opens_link("calendar_link")),
}


@pytest.mark.parametrize(("who", "shows"), READS.values(), ids=READS)
def test_who_is_suspended_is_hidden_until_it_is_over(world, who, shows):
    """By the clock: nobody has to sign in, and no job has to run."""
    client = world.clients[who]
    suspend(user=world.nina, until=timezone.now() + timedelta(days=3), by=StaffFactory(is_superuser=True))
    away = shows(client, world)
    User.objects.filter(pk=world.nina.pk).update(suspended_until=timezone.now() - timedelta(seconds=1))

    assert (away, shows(client, world)) == (False, True)


@pytest.mark.parametrize(("who", "shows"), READS.values(), ids=READS)
def test_who_is_away_is_hidden_and_comes_back(world, who, shows):
    client = world.clients[who]
    before = shows(client, world)

    token = go_away(world.nina)
    away = shows(client, world)
    come_back(token)

    assert (before, away, shows(client, world)) == (True, False, True)


WRITES = {
    "ask for a connection": ("stranger", "POST", "/connections/request", {"receiver_id": "{0.nina.pk}"}, 201),
    "answer her request": ("asked", "PATCH", "/connections/{0.request}/action", {"status": "accepted"}, 200),
    "withdraw a request to her": ("dave", "DELETE", "/connections/{0.pending}", None, 204),
    "end the connection": ("bob", "DELETE", "/connections/{0.accepted}", None, 204),
    "block her": ("stranger", "POST", "/blocks", {"user_id": "{0.nina.pk}"}, 201),
    "see her story": ("bob", "POST", "/stories/{0.story.pk}/view", None, 204),
    "join her event": ("bob", "POST", "/events/{0.event.pk}/join", {"status": "going"}, 200),
    "take her event down": ("moderator", "DELETE", "/events/{0.event.pk}", None, 204),
    "take her story down": ("moderator", "DELETE", "/stories/{0.story.pk}", None, 204),
    "read what she wrote": ("bob", "POST", "/chat/read", {"user_id": "{0.nina.pk}"}, 200),
    "mark a notification about her": ("bob", "PATCH", "/notifications/{0.notification.pk}/read", None, 200),
}


@pytest.mark.parametrize(("who", "method", "path", "body", "status"), WRITES.values(), ids=WRITES)
def test_nobody_does_anything_with_who_is_away(world, who, method, path, body, status):
    world.pending = Connection.objects.get(receiver=world.nina, status="pending").pk
    world.accepted = Connection.objects.get(sender=world.nina, status="accepted").pk
    data = body and {name: value.format(world) for name, value in body.items()}

    token = go_away(world.nina)
    away = world.clients[who].call(method, path.format(world), data)
    come_back(token)
    back = world.clients[who].call(method, path.format(world), data)

    assert (away.status_code, back.status_code) == (404, status)


def test_who_is_away_is_invited_to_nothing(world):
    def invite() -> int:
        body = {"user_ids": [world.nina.pk]}
        return int(world.clients["bob"].post(f"/events/{EventFactory(host=bob).pk}/invite", body).status_code)

    bob = User.objects.get(pk=world.bobs_event.host_id)
    token = go_away(world.nina)

    assert invite() == 400
    come_back(token)
    assert invite() == 200


def test_who_is_away_is_told_of_nothing(world, run_jobs):
    host = UserFactory(role="brand")
    ConnectionFactory(sender=host, receiver=world.nina, accepted=True)
    token = go_away(world.nina)

    form = {"title": "Gala", "date": in_days(3).isoformat(), "location": "Berlin"}
    assert ApiClient(host).post("/events", form).status_code == 201
    world.clients["bob"].patch(f"/events/{world.bobs_event.pk}", {"location": "Hamburg"})
    run_jobs()

    client = come_back(token)
    assert read(client, "/notifications")["data"] == []
    assert not Notification.objects.filter(receiver=world.nina).exists()


def test_an_event_of_who_is_away_is_announced_to_nobody(world, run_jobs):
    form = {"title": "Gala", "date": in_days(3).isoformat(), "location": "Berlin"}
    ApiClient(world.nina).post("/events", form)

    go_away(world.nina)
    run_jobs()

    assert not Notification.objects.filter(kind__code="event_hosted").exists()


def test_who_is_away_keeps_their_place_and_is_counted(world):
    def going() -> int:
        return int(read(world.clients["bob"], f"/events/{world.bobs_event.pk}")["data"]["attendees_count"])

    def views() -> int:
        return int(read(world.clients["bob"], "/stories/my_stories")["data"][0]["views_count"])

    before = (going(), views())
    token = go_away(world.nina)

    assert (going(), views()) == before == (1, 1)
    assert Attendance.objects.filter(user=world.nina, status="going").exists()
    client = come_back(token)
    assert read(client, f"/events/{world.bobs_event.pk}")["data"]["my_status"] == "going"


def test_a_block_outlasts_it(world):
    token = go_away(world.nina)
    client = come_back(token)

    erin = User.objects.get(blocks_made__blocked=world.nina)
    assert client.get(f"/users/profile/{erin}").status_code == 404


def test_who_blocked_somebody_away_may_unblock_them(world):
    go_away(world.nina)

    assert world.clients["erin"].delete(f"/blocks/{world.nina.pk}").status_code == 204
