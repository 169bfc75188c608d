from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.core.http.links import file_url
from apps.core.models import AuditEntry
from tests.client import ApiClient, image_file
from tests.events.people import befriend, stands_to
from tests.factories import ConnectionFactory, EventFactory, StaffFactory, UserFactory


def read(response):
    """A file's answer with what was sent in `file`; unread, it would stay open."""
    response.file = b"".join(response.streaming_content) if response.streaming else None
    return response


def get(client, event, **headers):
    return read(client.get(f"/files/event/{event.pk}", **headers))


def open_link(link):
    parts = urlsplit(link)
    return read(Client(raise_request_exception=False).get(f"{parts.path}?{parts.query}"))


@pytest.fixture
def public(host):
    return EventFactory(host=host, covered=True)


@pytest.fixture
def private(host):
    return EventFactory(host=host, covered=True, private=True)


@pytest.mark.parametrize(
    ("relation", "public", "private"),
    [
        ("nobody", 200, 404),
        ("stranger", 200, 404),
        ("asked for a connection", 200, 404),
        ("connection", 200, 200),
        ("invited", 200, 200),
        ("going", 200, 200),
        ("host", 200, 200),
        ("moderator", 200, 200),
        ("blocked by the host", 404, 404),
        ("going, blocked by the host", 404, 404),
    ],
)
def test_who_may_open_it_is_who_sees_the_event(host, relation, public, private):
    for visibility, status in (("public", public), ("connections", private)):
        event = EventFactory(host=host, covered=True, visibility=visibility)
        person = stands_to(event, relation)

        assert get(ApiClient(person), event).status_code == status
        assert ApiClient(person).get(f"/events/{event.pk}").status_code == status
        if person:
            assert open_link(file_url("event", event.pk, person.pk)).status_code == status


def test_it_is_the_picture_and_stays_private(host_client, public):
    response = get(host_client, public)

    assert response.file == image_file().read()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == f'inline; filename="event-{public.pk}.png"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert get(host_client, public, range="bytes=0-3").file == image_file().read()[:4]


def test_a_public_event_s_address_is_plain(public, settings):
    item = ApiClient().get(f"/events/{public.pk}").json()["data"]
    (listed,) = ApiClient(UserFactory()).get("/events").json()["data"]

    assert item["cover"] == listed["cover"] == f"{settings.PUBLIC_URL}/api/v1/files/event/{public.pk}"
    assert open_link(item["cover"]).file == image_file().read()


def test_another_event_s_address_is_signed_for_its_reader(host, host_client, private):
    (friend,) = befriend(host)

    (listed,) = ApiClient(friend).get("/events").json()["data"]

    assert listed["cover"].startswith(file_url("event", private.pk, friend.pk).partition("?sig=")[0] + "?sig=")
    assert open_link(listed["cover"]).file == image_file().read()
    assert open_link(listed["cover"].partition("?")[0]).status_code == 404
    ApiClient(host).post("/blocks", {"user_id": friend.pk})
    assert open_link(listed["cover"]).status_code == 404


def test_what_becomes_private_gets_a_signed_address_and_loses_the_plain_one(host_client, public):
    plain = host_client.get(f"/events/{public.pk}").json()["data"]["cover"]

    changed = host_client.patch(f"/events/{public.pk}", {"visibility": "connections"}).json()["data"]["cover"]

    assert "?sig=" in changed
    assert (open_link(plain).status_code, open_link(changed).status_code) == (404, 200)


def test_a_link_opens_its_own_event_only(host, private):
    other = EventFactory(host=host, covered=True, private=True)
    signature = file_url("event", private.pk, host.pk).partition("?")[2]

    assert open_link(f"/api/v1/files/event/{other.pk}?{signature}").status_code == 401
    assert open_link(f"/api/v1/files/story/{private.pk}?{signature}").status_code == 401
    assert open_link(f"/api/v1/files/event/{private.pk}?sig=x").status_code == 401


@pytest.mark.parametrize("gone", ["cancelled", "host inactive", "no cover", "lost"])
def test_what_is_gone_is_not_found(host, gone, stored_files):
    event = EventFactory(host=host, covered=gone != "no cover", cancelled=gone == "cancelled")
    if gone == "host inactive":
        host.is_active = False
        host.save()
    if gone == "lost":
        stored_files()[0].unlink()

    for client in (ApiClient(), ApiClient(StaffFactory())):
        assert get(client, event).status_code == 404


def test_the_file_of_an_event_that_is_deleted_goes_too(public, stored_files, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        public.host.delete()

    assert stored_files() == []


@pytest.mark.parametrize(
    ("relation", "visibility", "noted"),
    [
        ("moderator", "connections", True),
        ("moderator", "public", False),
        ("connection", "connections", False),
        ("host", "connections", False),
    ],
)
def test_a_look_that_needs_a_moderator_s_permission_is_written_down(host, relation, visibility, noted):
    event = EventFactory(host=host, covered=True, visibility=visibility)
    person = stands_to(event, relation)

    get(ApiClient(person), event)

    entries = list(AuditEntry.objects.values_list("actor", "action", "target"))
    assert entries == ([(person.pk, "event.cover_viewed", f"events.event:{event.pk}")] if noted else [])


def test_a_moderator_who_is_connected_looks_as_anybody_else(host, private):
    moderator = StaffFactory()
    ConnectionFactory(sender=moderator, receiver=host, accepted=True)

    assert get(ApiClient(moderator), private).status_code == 200
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("relation", "queries"), [("nobody", 1), ("stranger", 2), ("host", 2), ("connection", 2), ("moderator", 8)]
)
def test_it_takes_few_queries(host, relation, queries, django_assert_num_queries):
    event = EventFactory(host=host, covered=True, private=relation in ("host", "connection", "moderator"))
    client = ApiClient(stands_to(event, relation))

    # Who you are, and the event; a moderator's look is looked up, and again while it is written, in a savepoint.
    with django_assert_num_queries(queries):
        assert get(client, event).status_code == 200


@pytest.mark.parametrize("path", ["{name}", "private/{name}", "../private/{name}", "%2e%2e/private/{name}"])
def test_it_is_nowhere_under_media(public, path):
    response = Client(raise_request_exception=False).get("/media/" + path.format(name=public.cover.name))

    assert response.status_code in (400, 404)
