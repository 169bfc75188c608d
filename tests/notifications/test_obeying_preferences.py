"""Disabled is not told at all; without the channel in the product, what is told is there and shown nowhere."""

import pytest
from django.db import connection

from apps.notifications import jobs, services
from apps.notifications.models import FanOut, Frequency, Notification
from tests.client import ApiClient
from tests.factories import (
    ConversationFactory,
    NotificationFactory,
    PreferencesFactory,
    TypePreferenceFactory,
    UserFactory,
)
from tests.live.logs import cursor_of, events_of, say
from tests.notifications.ways import REDIRECT, WAYS, tell_audience


@pytest.mark.parametrize(
    ("preference", "is_told"),
    [
        ({}, True),
        *(({"frequency": frequency}, frequency != "disabled") for frequency in Frequency.values),
        ({"code": "follow_accepted"}, True),
        ({"user": None}, True),
        ({"frequency": "immediate", "email_enabled": False}, True),
    ],
)
@pytest.mark.parametrize("tell", WAYS.values(), ids=WAYS)
def test_who_has_disabled_a_type_is_not_told_of_it(alice, bob, everybody, tell, preference, is_told):
    if preference:
        who = {"user": UserFactory()} if "user" in preference else {"user": alice}
        TypePreferenceFactory(**preference | who)
    cursor = cursor_of(alice)

    tell(alice, bob)

    assert Notification.objects.filter(receiver=alice).exists() == is_told
    assert events_of(alice, cursor) == (["notification"] if is_told else [])


@pytest.mark.parametrize(("way", "cost"), [("notify", 4), ("notify_or_update", 5)])
def test_obeying_costs_no_query(alice, bob, django_assert_num_queries, way, cost):
    TypePreferenceFactory(user=alice, frequency="immediate")
    log = {"sqlite": 3, "postgresql": 1}[connection.vendor]

    # The type unless alice has disabled it, what she has unread of it, the notification, the type to show.
    with django_assert_num_queries(cost - 1 + log):
        WAYS[way](alice, bob)


@pytest.mark.parametrize("disabling", [range(7), range(3), range(4, 7), [0, 2, 4, 6], [6], []])
def test_an_audience_is_told_in_batches_of_those_who_want_to_hear(bob, everybody, monkeypatch, disabling):
    monkeypatch.setattr(jobs, "BATCH", 3)
    people = UserFactory.create_batch(7)
    for number in disabling:
        TypePreferenceFactory(user=people[number])

    tell_audience(None, bob)

    told = sorted(Notification.objects.values_list("receiver", flat=True))
    assert told == [person.pk for number, person in enumerate(people) if number not in disabling]
    assert not FanOut.objects.unfinished().exists()


def test_choosing_takes_nothing_away_that_was_told(alice, alice_client):
    NotificationFactory(receiver=alice, code="follow_request")
    TypePreferenceFactory(user=alice)

    assert len(alice_client.get("/notifications").json()["data"]) == 1


# Without the channel in the product


def switch(alice, on: bool) -> None:
    assert ApiClient(alice).patch("/notifications/preferences", {"enable_in_app": on}).status_code == 200


def shown(alice) -> tuple[int, int, int]:
    client = ApiClient(alice)
    body = client.get("/notifications").json()
    count = client.get("/notifications/unread-count").json()["data"]["unread_count"]
    return len(body["data"]), body["meta"]["unread_count"], count


@pytest.mark.parametrize("tell", WAYS.values(), ids=WAYS)
def test_without_the_channel_what_is_told_is_shown_nowhere(alice, bob, everybody, tell):
    switch(alice, False)
    cursor = cursor_of(alice)

    tell(alice, bob)

    told = Notification.objects.get(receiver=alice)
    assert shown(alice) == (0, 0, 0)
    assert events_of(alice, cursor) == []
    for method, path in [("patch", "/read"), ("patch", "/unread"), ("get", "/resolve"), ("delete", "")]:
        assert getattr(ApiClient(alice), method)(f"/notifications/{told.pk}{path}").status_code == 404
    assert ApiClient(alice).post("/notifications/read", {}).json()["data"] == {"updated": 0}
    told.refresh_from_db()
    assert not told.is_read


def test_what_was_told_before_is_hidden_too_and_comes_back(alice, bob):
    cursor = cursor_of(alice)
    WAYS["notify"](alice, bob)

    switch(alice, False)
    assert shown(alice) == (0, 0, 0)
    assert events_of(alice, cursor) == []

    switch(alice, True)
    assert shown(alice) == (1, 1, 1)
    assert events_of(alice, cursor) == ["notification"]


@pytest.mark.parametrize("channel", ["enable_email", "enable_push"])
def test_the_other_channels_hide_nothing(alice, bob, channel):
    PreferencesFactory(user=alice, **{channel: False})
    PreferencesFactory(user=bob, enable_in_app=False)
    cursor = cursor_of(alice)

    WAYS["notify"](alice, bob)

    assert shown(alice) == (1, 1, 1)
    assert events_of(alice, cursor) == ["notification"]


def test_messages_themselves_are_streamed_all_the_same(alice, bob):
    switch(alice, False)
    cursor = cursor_of(alice)

    say(bob, alice)

    assert events_of(alice, cursor) == ["message"]


def test_nothing_is_said_of_what_is_withdrawn_either(alice, bob):
    switch(alice, False)
    cursor = cursor_of(alice)
    WAYS["notify"](alice, bob)

    services.retract(receiver=alice.pk, code="follow_request", redirect_id=REDIRECT.id)

    assert not Notification.objects.exists()
    assert events_of(alice, cursor) == []


@pytest.mark.parametrize("off", ["the type", "the channel"])
def test_a_conversation_keeps_one_unread_notification(alice, bob, off):
    ConversationFactory(between=[alice, bob])
    say(bob, alice)
    row = TypePreferenceFactory(user=alice, code="message_received", frequency="immediate")

    frequency, in_app = ("disabled", True) if off == "the type" else ("immediate", False)
    for is_off in (True, False):
        type(row).objects.filter(pk=row.pk).update(frequency=frequency if is_off else "immediate")
        switch(alice, in_app or not is_off)
        say(bob, alice)
        say(bob, alice)

        assert Notification.objects.get().is_read is False
    assert shown(alice) == (1, 1, 1)


@pytest.mark.parametrize("off", ["the type", "the channel"])
def test_reading_a_conversation_marks_what_told_of_it(alice, bob, off):
    say(bob, alice)
    TypePreferenceFactory(
        user=alice, code="message_received", frequency="disabled" if off == "the type" else "immediate"
    )
    switch(alice, off == "the type")

    assert ApiClient(alice).post("/chat/read", {"user_id": bob.pk}).status_code == 200

    assert Notification.objects.get().is_read
