import pytest

from apps.notifications.models import NotificationType
from tests.client import ApiClient
from tests.console.forms import form_of
from tests.factories import UserFactory

LIST = "/admin/notifications/notificationtype/"


def save(client, **changes: object):
    page = f"{LIST}{NotificationType.objects.get(code='follow_request').pk}/change/"
    return client.post(page, form_of(client.get(page), "notificationtype_form") | changes)


def test_staff_edit_the_words(staff_client, alice, alice_client):
    bob = UserFactory(username="bob")

    assert save(staff_client, message="{sender} says hello.", priority="high").status_code == 302
    ApiClient(bob).post("/connections/request", {"receiver_id": alice.pk})

    (told,) = alice_client.get("/notifications").json()["data"]
    assert (told["message"], told["priority"]) == ("bob says hello.", "high")


def test_staff_switch_a_type_off(staff_client, alice, alice_client):
    kind = NotificationType.objects.get(code="follow_request")
    page = form_of(staff_client.get(f"{LIST}{kind.pk}/change/"), "notificationtype_form")
    page.pop("is_active")

    staff_client.post(f"{LIST}{kind.pk}/change/", page)
    ApiClient(UserFactory()).post("/connections/request", {"receiver_id": alice.pk})

    assert alice_client.get("/notifications").json()["data"] == []


@pytest.mark.parametrize("field", ["title", "message"])
@pytest.mark.parametrize(
    "text", ["{sender.password}", "{sender!r}", "{0[a]}", "{}", "{sender", "sender}", "{{sender}}"]
)
def test_braces_hold_plain_names(staff_client, field, text):
    page = save(staff_client, **{field: text})

    assert page.context["adminform"].form.errors[field] == ["Braces hold one plain name, such as {sender}."]


@pytest.mark.parametrize("field", ["title", "message"])
def test_a_name_that_nobody_fills_in_is_refused(staff_client, field):
    page = save(staff_client, **{field: "{sendr} and {user} and {sender}"})

    assert page.context["adminform"].form.errors[field] == [
        "Unknown here: {sendr}, {user}. Names that this text may use: {sender}."
    ]
    assert NotificationType.objects.get(code="follow_request").title == "New follow request"


def test_a_type_that_nobody_tells_of_knows_no_names(boss_client):
    page = f"{LIST}add/"
    new = {"code": "another", "family": "event", "name": "Another", "title": "Hello {sender}", "message": "Hello"}

    answer = boss_client.post(page, form_of(boss_client.get(page), "notificationtype_form") | new)

    assert answer.context["adminform"].form.errors == {
        "title": ["Unknown here: {sender}. Names that this text may use: none."]
    }


def test_the_page_says_which_names_there_are(staff_client):
    page = staff_client.get(f"{LIST}{NotificationType.objects.get(code='message_received').pk}/change/")

    assert "{role}, {sender}" in page.content.decode()


def test_the_code_of_a_type_stays(staff_client):
    save(staff_client, code="another", family="event", name="Hello")

    kind = NotificationType.objects.get(name="Hello")
    assert (kind.code, kind.family) == ("follow_request", "follow")


def test_no_type_is_deleted(boss_client):
    kind = NotificationType.objects.first()

    assert boss_client.post(f"{LIST}{kind.pk}/delete/", {"post": "yes"}).status_code == 403
