import pytest

from apps.core.models import AuditEntry
from apps.messaging.models import Message
from tests.console.conftest import browser
from tests.factories import AttachmentFactory, ConversationFactory, MessageFactory, StaffFactory, UserFactory

LIST = "/admin/messaging/message/"


def page_of(message: Message) -> str:
    return f"{LIST}{message.pk}/change/"


@pytest.fixture
def message(db):
    return MessageFactory(content="between us", sender=UserFactory(username="bob"))


@pytest.fixture
def colleague_client(db):
    """May look at the rows of the console, may not moderate."""
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(colleague.groups.get().permissions.get(codename="moderate_message"))
    return browser(colleague)


def test_the_list_shows_who_wrote_to_whom_and_nothing_of_what(staff_client, message):
    html = staff_client.get(LIST).content.decode()

    assert "bob" in html
    assert "between us" not in html
    assert not AuditEntry.objects.exists()


def test_the_page_shows_it_and_is_written_down(staff, staff_client, message):
    picture = AttachmentFactory(message=message)
    link = AttachmentFactory(message=message, link_only=True)

    html = staff_client.get(page_of(message)).content.decode()

    assert "between us" in html
    assert f"/api/v1/files/attachment/{picture.pk}?sig=" in html
    assert f'href="{link.link}"' in html
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (staff, "message.viewed", f"messaging.message:{message.pk}")


@pytest.mark.parametrize("page", [LIST, "page"])
def test_only_moderators_come_in(colleague_client, message, page):
    assert colleague_client.get(page_of(message) if page == "page" else page).status_code == 403


def test_moderators_take_messages_down(staff, staff_client, message):
    kept = MessageFactory()

    staff_client.post(LIST, {"action": "take_down", "_selected_action": [message.pk], "confirmed": "yes"}, follow=True)

    assert Message.objects.kept().get() == kept
    assert AuditEntry.objects.get(action="message.taken_down").actor == staff


def test_a_conversation_leads_to_its_messages(staff_client):
    room = ConversationFactory(name="plans")
    MessageFactory(conversation=room, sender=room.first, receiver=room.second)

    html = staff_client.get(f"/admin/messaging/conversation/{room.pk}/change/").content.decode()

    assert f"{LIST}?conversation__id__exact={room.pk}" in html
    assert "1 messages" in html
