"""What was deleted or edited away is in no stored answer and in no log any more."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from apps.accounts.models import User
from apps.core.models import IdempotencyKey
from apps.live.models import Payload
from apps.messaging.models import Message
from apps.messaging.services import delete_message
from apps.social.models import Story
from apps.social.services.stories import expire_stories
from tests.client import ApiClient, image_file
from tests.factories import StaffFactory, UserFactory
from tests.live.logs import told

SECRET = "meet me at the old mill"


@pytest.fixture
def host(db) -> User:
    return UserFactory(role="brand")


def message_to(receiver):
    form = {"receiver_id": receiver.pk, "content": SECRET, "attachments": [image_file()]}
    return {"path": "/chat", "form": form}


def story_of():
    return {"path": "/stories", "form": {"caption": SECRET, "content_file": image_file()}}


def event_of():
    words = {"title": SECRET, "description": SECRET, "location": SECRET}
    return {"path": "/events", "data": {**words, "date": "2030-01-01T10:00:00Z"}}


def make(client, request):
    request = dict(request)
    return client.post(request.pop("path"), **request, idempotency_key="a-key")


def by_themselves(method, path, data=None):
    return lambda client, row_id: client.call(method, path.format(row_id), data)


def by_a_moderator(method, path, data=None):
    return lambda client, row_id: ApiClient(StaffFactory()).call(method, path.format(row_id), data)


def in_the_console(client, row_id):
    delete_message(message=Message.objects.get(pk=row_id), by=StaffFactory())


def by_time(client, row_id):
    Story.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_stories()


NEW_WORDS = {"title": "Gala", "description": "", "location": "Berlin"}


@pytest.mark.parametrize(
    ("request_of", "remove", "left"),
    [
        ("message", by_themselves("PATCH", "/chat/{}", {"content": "hello"}), {"content": "hello"}),
        ("message", by_themselves("DELETE", "/chat/{}"), {"content": "", "attachments": []}),
        ("message", in_the_console, {"content": "", "attachments": []}),
        ("story", by_themselves("DELETE", "/stories/{}"), {"caption": ""}),
        ("story", by_a_moderator("DELETE", "/stories/{}"), {"caption": ""}),
        ("story", by_time, {"caption": ""}),
        ("event", by_themselves("PATCH", "/events/{}", NEW_WORDS), NEW_WORDS),
        ("event", by_a_moderator("PATCH", "/events/{}", NEW_WORDS), NEW_WORDS),
        ("event", by_themselves("DELETE", "/events/{}"), dict.fromkeys(NEW_WORDS, "")),
        ("event", by_a_moderator("DELETE", "/events/{}"), dict.fromkeys(NEW_WORDS, "")),
    ],
)
def test_a_repeated_request_does_not_bring_them_back(host, request_of, remove, left):
    client, receiver = ApiClient(host), UserFactory()
    requests = {"message": lambda: message_to(receiver), "story": story_of, "event": event_of}
    first = make(client, requests[request_of]()).json()["data"]
    assert SECRET in str(IdempotencyKey.objects.get().answer)

    remove(client, first["id"])
    again = make(client, requests[request_of]())

    assert again.status_code == 201
    assert again.json()["data"].items() >= {"id": first["id"], **left}.items()
    assert SECRET not in str(IdempotencyKey.objects.get().answer)
    assert SECRET not in again.content.decode()


def test_other_answers_stay(host):
    client, receiver = ApiClient(host), UserFactory()
    other = client.post("/chat", {"receiver_id": receiver.pk, "content": "kept"}, idempotency_key="other")
    make(client, message_to(receiver))

    client.delete(f"/chat/{other.json()['data']['id']}")

    assert make(client, message_to(receiver)).json()["data"]["content"] == SECRET


@pytest.mark.parametrize("how", ["edited", "deleted"])
def test_a_log_does_not_tell_of_them_any_more(host, how):
    client, receiver = ApiClient(host), UserFactory()
    row_id = make(client, message_to(receiver)).json()["data"]["id"]
    client.patch(f"/chat/{row_id}", {"content": f"{SECRET} tonight"})

    if how == "edited":
        client.patch(f"/chat/{row_id}", {"content": "hello"})
    else:
        client.delete(f"/chat/{row_id}")

    assert not Payload.objects.filter(data__contains=SECRET).exists()
    for person in (host, receiver):
        events = [event for event in told(person, "0") if event["event"].startswith("message")]
        if how == "edited":
            assert [event["event"] for event in events] == ["message", "message_updated", "message_updated"]
            assert [event["data"] for event in events] == [events[-1]["data"]] * 3
            assert events[-1]["data"]["content"] == "hello"
        else:
            assert [event["event"] for event in events] == ["message_deleted"]


def test_what_stands_in_the_logs_already_is_found_under_its_new_name(host):
    """The migration, over a payload as it was stored before."""
    client = ApiClient(host)
    row_id = make(client, message_to(UserFactory())).json()["data"]["id"]
    Payload.objects.filter(event="message").update(about=f"message:{row_id}")

    import_module("apps.live.migrations.0003_names_of_rows").with_the_app(apps, None)
    client.delete(f"/chat/{row_id}")

    assert not Payload.objects.filter(data__contains=SECRET).exists()
