"""How people are told, in words that staff edit."""

import pytest

from apps.notifications.models import Notification, NotificationType
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify
from tests.factories import ConnectionFactory, UserFactory


def reword(**texts):
    NotificationType.objects.filter(code="follow_request").update(**texts)


def tell(receiver, actor=None, **words):
    redirect = Redirect(kind="connection", id=1, url="/api/v1/connections/1")
    notify(receiver=receiver, code="follow_request", actor=actor, redirect=redirect, **words)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{sender} wants to follow you.", "bob wants to follow you."),
        ("{sender} and {sender}", "bob and bob"),
        ("Somebody wants to follow you.", "Somebody wants to follow you."),
        ("{sendr} wants to follow you.", "{sendr} wants to follow you."),
        ("{sender", "{sender"),
        ("{} {0} {{sender}} {sender!r} {sender:>99}", "{} {0} {bob} {sender!r} {sender:>99}"),
        ("{sender.password}", "{sender.password}"),
        ("{sender.__class__.__init__.__globals__}", "{sender.__class__.__init__.__globals__}"),
        ("{sender[0]} %s %(sender)s $sender", "{sender[0]} %s %(sender)s $sender"),
        ("}{", "}{"),
        ("", ""),
    ],
)
def test_only_plain_names_are_filled_in(alice, text, told):
    reword(message=text, title=text)

    tell(alice, sender="bob")

    row = Notification.objects.get()
    assert (row.message, row.title) == (told, told)


def test_a_word_is_not_read_as_a_text_itself(alice):
    tell(alice, sender="{sender} {other}", other="x")

    assert Notification.objects.get().message == "{sender} {other} wants to follow you."


def test_a_title_that_grows_too_long_is_cut(alice):
    reword(title="{sender} wants to follow you.")

    tell(alice, sender="x" * 300)

    assert Notification.objects.get().title == "x" * 200


def test_the_type_decides_the_priority(alice):
    reword(priority="high")

    tell(alice, sender="bob")

    assert Notification.objects.get().priority == "high"


def test_of_a_type_that_is_switched_off_nobody_is_told(alice):
    reword(is_active=False)

    tell(alice, sender="bob")

    assert not Notification.objects.exists()


def test_the_act_itself_goes_on_without_it(alice, alice_client):
    reword(is_active=False)

    response = alice_client.post("/connections/request", {"receiver_id": UserFactory().pk})

    assert response.status_code == 201
    assert not Notification.objects.exists()


def test_what_was_told_keeps_its_words(alice, alice_client):
    tell(alice, sender="bob")

    reword(message="Something else")

    assert alice_client.get("/notifications").json()["data"][0]["message"] == "bob wants to follow you."


def test_a_type_that_was_never_seeded_says_what_to_do(alice):
    NotificationType.objects.filter(code="follow_request").delete()

    with pytest.raises(NotificationType.DoesNotExist, match="run `manage"):
        tell(alice, sender="bob")


def test_edited_words_reach_the_api(alice, alice_client):
    bob = ConnectionFactory(receiver=alice, sender=UserFactory(username="bob")).sender
    NotificationType.objects.filter(code="follow_accepted").update(title="Yes!", message="{user} said yes {user.email}")

    number = alice.connections_received.get(sender=bob).pk
    alice_client.patch(f"/connections/{number}/action", {"status": "accepted"})

    row = bob.notifications.get()
    assert (row.title, row.message) == ("Yes!", "alice said yes {user.email}")
