import json
import zipfile
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from apps.accounts.models import Export, User
from apps.accounts.tasks import prune_exports, take_up_exports
from apps.core.http.links import file_path
from apps.notifications.models import Notification
from tests.client import ApiClient, image_file
from tests.factories import (
    AttachmentFactory,
    BlockFactory,
    ConnectionFactory,
    DocumentFactory,
    EventFactory,
    MessageFactory,
    NotificationFactory,
    ProfilePlatformFactory,
    StoryFactory,
    UserFactory,
)

URL = "/users/export"
NONE = {"status": "none", "requested_at": None, "ready_at": None, "expires_at": None, "file_url": None}


def export_of(client):
    return client.get(URL).json()["data"]


@pytest.fixture
def fetched(alice_client, run_jobs):
    """The names in alice's export, and what is in each."""

    def fetch() -> dict[str, bytes]:
        alice_client.post(URL)
        run_jobs()
        response = alice_client.get(f"/files/export/{Export.objects.get().pk}")
        with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    return fetch


def test_who_asked_for_none_has_none(alice_client):
    assert export_of(alice_client) == NONE


def test_the_worker_makes_it_and_it_is_told(alice, alice_client, run_jobs):
    response = alice_client.post(URL)

    assert response.status_code == 202
    assert response.json()["data"] == NONE | {
        "status": "pending",
        "requested_at": response.json()["data"]["requested_at"],
    }
    run_jobs()
    ready = export_of(alice_client)
    assert ready["status"] == "ready"
    assert ready["requested_at"] <= ready["ready_at"] < ready["expires_at"]
    told = Notification.objects.get(receiver=alice, kind__code="export_ready")
    assert ApiClient(alice).get(told.redirect_url.removeprefix("/api/v1")).json()["data"]["status"] == "ready"


def test_asking_again_while_it_is_made_makes_no_other(alice_client):
    alice_client.post(URL)
    alice_client.post(URL)

    assert (Export.objects.count(), OrmQ.objects.count()) == (1, 1)


def test_asking_again_replaces_one_that_is_ready(alice_client, run_jobs, stored_files):
    for _ in range(2):
        alice_client.post(URL)
        run_jobs()

    assert export_of(alice_client)["status"] == "ready"
    assert len(stored_files()) == 1


def test_it_holds_what_they_have_here(alice, alice_client, fetched):
    bob = UserFactory(username="bob", email="secret@bob.example", first_name="Robert")
    alice_client.patch("/users/profile", {"bio": "Hello", "phone": "+4917012345678", "categories": ["food"]})
    alice_client.put("/users/profile/avatar", form={"file": image_file()})
    ProfilePlatformFactory(profile=alice.profile, handle="@alice")
    document = DocumentFactory(user=alice)
    message = MessageFactory(sender=bob, receiver=alice, content="Hi Alice")
    sent = AttachmentFactory(message=MessageFactory(sender=alice, receiver=bob, content="Hi Bob"))
    AttachmentFactory(message=message)
    ConnectionFactory(sender=bob, receiver=alice)
    BlockFactory(blocked=alice)
    BlockFactory(blocker=alice, blocked=UserFactory(username="mallory"))
    story = StoryFactory(user=alice, caption="Sun")
    event = EventFactory(host=alice, covered=True)
    NotificationFactory(receiver=alice, actor=bob, message="Robert asked")
    NotificationFactory(receiver=alice, message="Welcome")

    files = fetched()

    rooms = {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}
    accounts = rooms["accounts.json"]
    alice.profile.refresh_from_db()
    assert accounts["account"][0]["email"] == "alice@example.com"
    assert (accounts["profile"][0]["bio"], accounts["profile"][0]["phone"]) == ("Hello", "+4917012345678")
    assert [row["slug"] for row in accounts["categories"]] == ["food"]
    assert [row["handle"] for row in accounts["platforms"]] == ["@alice"]
    assert [row["blocked"] for row in accounts["blocks"]] == ["mallory"]
    assert [(row["sender"], row["content"]) for row in rooms["messaging.json"]["messages"]] == [
        ("bob", "Hi Alice"),
        ("alice", "Hi Bob"),
    ]
    assert [row["sender"] for row in rooms["social.json"]["connections"]] == ["bob"]
    told = [(row["actor"], row["text"]) for row in rooms["notifications.json"]["notifications"]]
    assert told == [("bob", None), (None, "Welcome")]
    media = {
        accounts["profile"][0]["avatar"]: alice.profile.avatar,
        accounts["documents"][0]["file"]: document.file,
        rooms["messaging.json"]["attachments"][0]["file"]: sent.file,
        rooms["social.json"]["stories"][0]["media"]: story.media,
        rooms["events.json"]["events"][0]["cover"]: event.cover,
    }
    assert {name for name in files if name.startswith("media/")} == media.keys()
    for name, file in media.items():
        with file.storage.open(file.name) as stored:
            assert files[name] == stored.read()
    assert rooms["manifest.json"]["files"]["messaging.json"] == {"conversations": 1, "messages": 2, "attachments": 1}
    assert (rooms["manifest.json"]["media"]["count"], rooms["manifest.json"]["media"]["left_out"]) == (5, [])
    everything = b"".join(files.values())
    assert not [word for word in (b"secret@bob.example", b"Robert", alice.password.encode()) if word in everything]


def test_media_beyond_the_limit_are_named(alice, fetched, settings):
    settings.EXPORT_BYTES = 10
    document = DocumentFactory(user=alice)

    files = fetched()

    assert json.loads(files["manifest.json"])["media"] == {"count": 0, "bytes": 0, "left_out": [document.file.name]}
    assert f"media/{document.file.name}" not in files


def test_a_file_that_is_gone_is_named(alice, fetched):
    document = DocumentFactory(user=alice)
    document.file.storage.delete(document.file.name)

    assert json.loads(fetched()["manifest.json"])["media"]["left_out"] == [document.file.name]


def test_its_query_count_does_not_grow(alice, alice_client, run_jobs):
    counts = []
    for number in (1, 10):
        for _ in range(number):
            MessageFactory(sender=alice)
        alice_client.post(URL)
        with CaptureQueriesContext(connection) as queries:
            run_jobs()
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Who can fetch it


@pytest.fixture
def link(alice_client, run_jobs):
    alice_client.post(URL)
    run_jobs()
    parts = urlsplit(export_of(alice_client)["file_url"])
    return f"{parts.path}?{parts.query}"


def status_of(response):
    return (
        (b"".join(response.streaming_content) and response.status_code) if response.streaming else response.status_code
    )


def test_its_link_opens_it_without_a_token(link):
    response = Client().get(link)

    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith('attachment; filename="alice-')
    assert status_of(response) == 200


def test_nobody_else_opens_it(link):
    bob = UserFactory()
    export = Export.objects.get()

    assert ApiClient(bob).get(f"/files/export/{export.pk}").status_code == 404
    assert Client().get(file_path("export", export.pk, bob.pk)).status_code == 404
    assert ApiClient().get(f"/files/export/{export.pk}").status_code == 401


def test_a_tampered_link_is_refused(link):
    assert Client().get(link[:-1] + ("a" if link[-1] != "a" else "b")).status_code == 401
    assert Client().get(link.replace(f"/export/{Export.objects.get().pk}", "/export/999")).status_code == 401


def test_an_old_link_is_refused(link, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)

    assert Client().get(link).status_code == 401


def test_after_its_week_it_is_gone(alice_client, link, stored_files):
    Export.objects.update(expires_at=timezone.now())

    assert Client().get(link).status_code == 404
    assert export_of(alice_client) == NONE
    prune_exports()
    prune_exports()
    assert stored_files() == []
    assert not Export.objects.exists()


# When something dies


def lose_the_job(minutes=60):
    OrmQ.objects.all().delete()
    past = timezone.now() - timedelta(minutes=minutes)
    Export.objects.update(requested_at=past)
    Export.objects.exclude(taken_up_at=None).update(taken_up_at=past)


def test_the_schedule_takes_up_one_whose_job_was_lost(alice_client):
    alice_client.post(URL)
    lose_the_job()

    take_up_exports()
    take_up_exports()

    assert export_of(alice_client)["status"] == "ready"
    assert Notification.objects.filter(kind__code="export_ready").count() == 1


def test_one_that_is_being_built_is_left_to_whoever_does(alice_client, run_jobs):
    alice_client.post(URL)
    Export.objects.update(taken_up_at=timezone.now())

    run_jobs()
    take_up_exports()

    assert export_of(alice_client)["status"] == "pending"


def test_one_that_cannot_be_stored_is_tried_three_times(alice_client, run_jobs, stored_files, monkeypatch):
    def full(self, name, content):
        raise OSError("No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    alice_client.post(URL)
    run_jobs()
    assert export_of(alice_client)["status"] == "pending"
    for _ in range(2):
        lose_the_job()
        take_up_exports()

    failed = export_of(alice_client)
    assert (failed["status"], failed["file_url"]) == ("failed", None)
    monkeypatch.undo()
    alice_client.post(URL)
    run_jobs()
    assert export_of(alice_client)["status"] == "ready"


def test_what_a_killed_try_has_stored_is_replaced(alice_client, stored_files):
    alice_client.post(URL)
    export = Export.objects.get()
    export.file.storage.save(export.file.name, ContentFile(b"half an archive"))
    Export.objects.update(tries=1, taken_up_at=timezone.now())
    lose_the_job()

    take_up_exports()

    [path] = stored_files()
    assert zipfile.ZipFile(path).testzip() is None
    assert export_of(alice_client)["status"] == "ready"


def test_whoever_is_killed_each_time_has_failed(alice_client):
    alice_client.post(URL)
    Export.objects.update(tries=3, taken_up_at=timezone.now())
    lose_the_job()

    take_up_exports()

    assert export_of(alice_client)["status"] == "failed"


def test_a_person_without_anything_has_one_too(db, run_jobs):
    client = ApiClient(User.objects.get(pk=UserFactory().pk))
    client.post(URL)
    run_jobs()

    assert export_of(client)["status"] == "ready"
