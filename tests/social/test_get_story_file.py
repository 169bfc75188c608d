from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.core.http.links import file_url
from apps.core.models import AuditEntry
from tests.client import ApiClient, image_file, media_file
from tests.factories import ConnectionFactory, StaffFactory, StoryFactory, UserFactory


@pytest.fixture
def story(alice):
    return StoryFactory(user=alice)


@pytest.fixture
def bob(alice):
    """Connected to alice."""
    return ConnectionFactory(sender=alice, accepted=True).receiver


def read(response):
    """A file's answer with what was sent in `file`; unread, it would stay open."""
    response.file = b"".join(response.streaming_content) if response.streaming else None
    return response


def get(client, story, **headers):
    return read(client.get(f"/files/story/{story.pk}", **headers))


def open_link(link):
    parts = urlsplit(link)
    return read(Client().get(f"{parts.path}?{parts.query}"))


@pytest.mark.parametrize(
    ("relation", "status"),
    [
        ("author", 200),
        ("connection", 200),
        ("moderator", 200),
        ("pending", 404),
        ("stranger", 404),
        ("staff without the permission", 404),
        ("nobody", 401),
    ],
)
def test_who_may_open_it(alice, story, relation, status):
    people = {
        "author": lambda: alice,
        "connection": lambda: ConnectionFactory(receiver=alice, accepted=True).sender,
        "moderator": StaffFactory,
        "pending": lambda: ConnectionFactory(receiver=alice).sender,
        "stranger": UserFactory,
        "staff without the permission": lambda: UserFactory(is_staff=True, role="brand"),
        "nobody": lambda: None,
    }

    assert get(ApiClient(people[relation]()), story).status_code == status


def test_it_is_the_file_and_stays_private(alice_client, story):
    response = get(alice_client, story)

    assert response.file == image_file().read()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == f'inline; filename="story-{story.pk}.png"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_a_part_of_a_film_can_be_read(alice, alice_client):
    film = media_file("clip.mp4").read()

    response = get(alice_client, StoryFactory(user=alice, video=True), range="bytes=100-199")

    assert response.status_code == 206
    assert response.file == film[100:200]
    assert response["Content-Range"] == f"bytes 100-199/{len(film)}"
    assert response["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("whose", ["own", "feed"])
def test_the_listed_link_works_by_itself(alice_client, story, bob, whose):
    if whose == "own":
        (row,) = alice_client.get("/stories/my_stories").json()["data"]
    else:
        (row,) = ApiClient(bob).get("/stories").json()["data"]

    assert open_link(row["content_url"]).file == image_file().read()


def test_a_link_is_its_viewers_and_ends_with_the_connection(alice, story, bob):
    link = ApiClient(bob).get("/stories").json()["data"][0]["content_url"]

    ApiClient(alice).post("/blocks", {"user_id": bob.pk})

    assert open_link(link).status_code == 404


def test_a_link_opens_its_own_story_only(alice, story):
    other = StoryFactory(user=alice)
    signature = file_url("story", story.pk, story.user_id).partition("?")[2]

    assert open_link(f"/api/v1/files/story/{other.pk}?{signature}").status_code == 401
    assert open_link(f"/api/v1/files/document/{story.pk}?{signature}").status_code == 401


def test_a_link_made_for_somebody_else_gives_what_they_may_see(story):
    assert open_link(file_url("story", story.pk, UserFactory().pk)).status_code == 404


@pytest.mark.parametrize("who", ["author", "moderator"])
def test_an_expired_story_is_not_found(alice, who):
    story = StoryFactory(user=alice, expired=True)
    person = alice if who == "author" else StaffFactory()

    assert get(ApiClient(person), story).status_code == 404
    assert open_link(file_url("story", story.pk, person.pk)).status_code == 404


def test_an_inactive_persons_story_is_not_found(alice, story, bob):
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert get(ApiClient(bob), story).status_code == 404


def test_a_moderators_look_is_written_down(story):
    moderator = StaffFactory()

    for _ in range(2):
        assert open_link(file_url("story", story.pk, moderator.pk)).status_code == 200

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (moderator, "story.viewed", f"social.story:{story.pk}")


@pytest.mark.parametrize("who", ["author", "connection", "moderator and connection", "moderator and author"])
def test_a_look_that_needs_no_permission_is_not(alice, story, bob, who):
    moderator = StaffFactory()
    ConnectionFactory(sender=moderator, receiver=alice, accepted=True)
    people = {"author": alice, "connection": bob}
    shown = StoryFactory(user=moderator) if who == "moderator and author" else story

    assert get(ApiClient(people.get(who, moderator)), shown).status_code == 200
    assert not AuditEntry.objects.exists()


def test_a_refused_look_is_not_either(story):
    get(ApiClient(UserFactory()), story)

    assert not AuditEntry.objects.exists()


def test_a_file_that_is_lost_is_not_found(alice_client, story, stored_files):
    stored_files()[0].unlink()

    assert get(alice_client, story).status_code == 404


@pytest.mark.parametrize("path", ["{name}", "private/{name}", "../private/{name}", "%2e%2e/private/{name}"])
def test_it_is_nowhere_under_media(story, path):
    response = Client(raise_request_exception=False).get("/media/" + path.format(name=story.media.name))

    assert response.status_code in (400, 404)
