"""What people typed comes out of their logs as they typed it; only our own links to files are signed for the reader."""

from importlib import import_module

import orjson
import pytest
from django.apps import apps
from django.conf import settings
from django.core import signing

from apps.live.models import Payload
from tests.client import ApiClient, image_file
from tests.factories import ConnectionFactory, DocumentFactory, EventFactory, UserFactory
from tests.live.listener import aside
from tests.live.logs import told
from tests.live.test_long_poll import wait_for


@pytest.fixture
def link(db):
    """To somebody's identity document, as a stranger would type it."""
    return f"{settings.PUBLIC_URL}/api/v1/files/document/{DocumentFactory().pk}?sig=x"


def write(alice, bob, link):
    ApiClient(alice).post("/chat", {"receiver_id": bob.pk, "content": link})


def attach(alice, bob, link):
    ApiClient(alice).post("/chat", {"receiver_id": bob.pk, "content": "Look", "attachments": [link]})


def edit(alice, bob, link):
    sent = ApiClient(alice).post("/chat", {"receiver_id": bob.pk, "content": "Hi"}).json()["data"]
    ApiClient(alice).patch(f"/chat/{sent['id']}", {"content": link})


def invite(alice, bob, link):
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    event = EventFactory(host=alice, title=link)
    ApiClient(alice).post(f"/events/{event.pk}/invite", {"user_ids": [bob.pk]})


EVERY_WAY = pytest.mark.parametrize("type_it", [write, attach, edit, invite])


def poll(user):
    return [event["data"] for event in told(user, "0")]


def stream(user):
    answer = ApiClient(user).get("/stream?last_event_id=0").content.decode()
    return [orjson.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: ")]


def texts(value):
    if isinstance(value, dict | list):
        return [text for part in (value.values() if isinstance(value, dict) else value) for text in texts(part)]
    return [value] if isinstance(value, str) else []


def viewer_of(url):
    return signing.loads(url.partition("?sig=")[2], salt="files")[2]


def links_in(data):
    """What looks like the link of a file, without the words around it."""
    return {text[text.index("http") :] for text in texts(data) if "/files/" in text}


@EVERY_WAY
@pytest.mark.parametrize("read", [poll, stream])
def test_a_typed_link_stays_as_it_was_typed(alice, bob, link, type_it, read):
    type_it(alice, bob, link)

    assert links_in(read(bob)) == {link}


@EVERY_WAY
def test_a_typed_link_stays_as_it_was_typed_in_an_open_stream_and_a_long_poll(serve, only_the_bell, type_it):
    async def scenario(server):
        alice, bob, document = await aside(lambda: (UserFactory(), UserFactory(), DocumentFactory()))
        typed = f"{settings.PUBLIC_URL}/api/v1/files/document/{document.pk}?sig=x"
        client = await server.listen(bob)
        waiting = await wait_for(server, bob)

        await aside(type_it, alice, bob, typed)
        await waiting.done()
        rest = await aside(told, bob, waiting.answer["cursor"])
        await client.next("notification")

        assert links_in([event.data for event in client.events]) <= {typed}
        assert links_in([waiting.answer, rest]) == {typed}

    serve(scenario)


@pytest.mark.parametrize("read", [poll, stream])
def test_beside_a_typed_link_our_own_is_signed_for_each_reader(alice, bob, link, read):
    form = {"receiver_id": bob.pk, "content": link, "attachments": [image_file()]}
    file = ApiClient(alice).post("/chat", form=form).json()["data"]["attachments"][0]["url"]
    typed = file.partition("?")[0] + "?sig=x"
    attach(alice, bob, typed)

    for user in (alice, bob):
        signed = links_in(read(user)) - {link, typed}
        assert list(map(viewer_of, signed)) == [user.pk]


def test_a_signature_is_stored_nowhere(alice, bob):
    ApiClient(alice).post("/chat", form={"receiver_id": bob.pk, "attachments": [image_file()]}, idempotency_key="once")

    assert "sig" not in Payload.objects.get(event="message").data


def test_what_stands_in_the_logs_already_is_signed_for_its_reader_from_now_on(alice, bob, link):
    """The migration, over payloads that hold links signed for the sender, as they were stored before."""
    ApiClient(alice).post("/chat", form={"receiver_id": bob.pk, "content": link, "attachments": [image_file()]})
    attach(alice, bob, link)
    for data in poll(alice):
        Payload.objects.filter(about__endswith=f"message:{data['id']}").update(data=orjson.dumps(data).decode())

    import_module("apps.live.migrations.0002_file_urls_without_signatures").without_signatures(apps, None)

    for user in (alice, bob):
        assert links_in(poll(user)) >= {link}
        assert [viewer_of(url) for url in links_in(poll(user)) - {link}] == [user.pk]
