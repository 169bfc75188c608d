import pytest

from apps.core.http.links import API, file_path
from apps.core.models import AuditEntry
from tests.client import ApiClient, pdf_file
from tests.factories import AttachmentFactory, BlockFactory, MessageFactory, StaffFactory, UserFactory


@pytest.fixture
def attachment(alice):
    return AttachmentFactory(message=MessageFactory(sender=alice))


def fetch(client, attachment):
    response = client.get(f"/files/attachment/{attachment.pk}")
    if response.streaming:
        response.whole = b"".join(response.streaming_content)
    return response


@pytest.mark.parametrize(
    ("who", "status"),
    [("sender", 200), ("receiver", 200), ("moderator", 200), ("stranger", 404), ("blocked", 404), ("nobody", 401)],
)
def test_who_may_open_it(attachment, who, status):
    message = attachment.message
    people = {
        "sender": lambda: message.sender,
        "receiver": lambda: message.receiver,
        "moderator": StaffFactory,
        "stranger": UserFactory,
        "blocked": lambda: BlockFactory(blocker=message.sender, blocked=message.receiver).blocked,
        "nobody": lambda: None,
    }

    assert fetch(ApiClient(people[who]()), attachment).status_code == status


def test_the_link_in_the_list_opens_it(alice, alice_client, attachment):
    (row,) = alice_client.get("/chat").json()["data"]
    address = row["attachments"][0]["url"].partition(API)[2]

    assert ApiClient().get(address).status_code == 200


def test_a_link_opens_its_own_file_only(alice, attachment):
    other = AttachmentFactory(message=attachment.message)
    address = file_path("attachment", attachment.pk, alice.pk).removeprefix(API)

    assert ApiClient().get(address.replace(f"/{attachment.pk}?", f"/{other.pk}?")).status_code == 401


@pytest.mark.parametrize(
    ("content_type", "name", "disposition"),
    [
        ("image/png", "picture.png", 'inline; filename="picture.png"'),
        ("application/pdf", "a b.pdf", 'inline; filename="a b.pdf"'),
        ("application/zip", "all.zip", 'attachment; filename="all.zip"'),
        ("image/png", 'a".png', 'inline; filename="a\\".png"'),
        ("image/png", "夏.png", "inline; filename*=utf-8''%E5%A4%8F.png"),
    ],
)
def test_only_what_is_safe_is_shown_in_the_browser(alice_client, attachment, content_type, name, disposition):
    attachment.content_type, attachment.name = content_type, name
    attachment.save()

    response = fetch(alice_client, attachment)

    assert response["Content-Disposition"] == disposition
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (content_type, "nosniff")


def test_a_moderators_look_is_written_down_once(attachment):
    client = ApiClient(StaffFactory())

    fetch(client, attachment)
    fetch(client, attachment)

    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["message.viewed"]


def test_the_two_look_unseen(alice_client, attachment):
    fetch(alice_client, attachment)

    assert not AuditEntry.objects.exists()


def test_a_link_has_no_file(alice, alice_client):
    attachment = AttachmentFactory(message=MessageFactory(sender=alice), link_only=True)

    assert fetch(alice_client, attachment).status_code == 404


def test_what_was_sent_comes_back(alice_client):
    sent = alice_client.post("/chat", form={"receiver_id": UserFactory().pk, "attachments": [pdf_file()]})
    address = sent.json()["data"]["attachments"][0]["url"].partition(API)[2]

    assert b"".join(ApiClient().get(address).streaming_content) == pdf_file().read()
