"""Where notifications lead: their receiver can read it there, as long as it is there."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.documents import review_document
from apps.accounts.services.staff import change_account
from apps.core.http.links import API
from apps.events.services import remind
from apps.messaging.models import Conversation
from apps.moderation.services import appeal, decide_appeal
from apps.notifications.catalogue import WORDS
from apps.social.models import Connection
from tests.client import ApiClient
from tests.factories import (
    PASSWORD,
    AttendanceFactory,
    ConnectionFactory,
    ConversationFactory,
    DocumentFactory,
    EventFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)
from tests.moderation.people import decide as moderate
from tests.moderation.people import report


def join(bob, carol):
    form = {"username": "newcomer", "email": "new@infloo.in", "password": "Secret@123", "role": "investor"}
    assert ApiClient().post("/users/auth/register", form).status_code == 201
    return User.objects.get(username="newcomer")


def sign_in_elsewhere(bob, carol):
    for device in ("curl/8.5.0", "okhttp/4.12.0"):
        login = {"username": "bob", "password": PASSWORD}
        assert ApiClient().post("/users/auth/login", login, user_agent=device).status_code == 200


def ask(bob, carol):
    ApiClient(carol).post("/connections/request", {"receiver_id": bob.pk})


def accept(bob, carol):
    ApiClient(bob).post("/connections/request", {"receiver_id": carol.pk})
    ApiClient(carol).patch(f"/connections/{Connection.objects.get().pk}/action", {"status": "accepted"})


def decide(approve):
    return lambda bob, carol: review_document(
        document=DocumentFactory(user=bob), by=StaffFactory(), approve=approve, reason="Too dark"
    )


def host(bob, carol):
    ConnectionFactory(sender=bob, receiver=carol, accepted=True)
    words = {"title": "Gala", "location": "Berlin", "visibility": "connections", "date": "2030-01-01T10:00:00Z"}
    ApiClient(carol).post("/events", words)


def have_a_friend_go(bob, carol):
    friend = ConnectionFactory(sender=bob, accepted=True).receiver
    ApiClient(friend).post(f"/events/{EventFactory(host=carol).pk}/join", {"status": "going"})


def invite(bob, carol):
    ConnectionFactory(sender=bob, receiver=carol, accepted=True)
    ApiClient(carol).post(f"/events/{EventFactory(host=carol, private=True).pk}/invite", {"user_ids": [bob.pk]})


def attended(bob, carol, **fields):
    return AttendanceFactory(user=bob, event__host=carol, event__private=True, **fields).event


def change(bob, carol):
    ApiClient(carol).patch(f"/events/{attended(bob, carol).pk}", {"location": "Rome"})


def cancel(bob, carol):
    ApiClient(carol).delete(f"/events/{attended(bob, carol).pk}")


def promote(bob, carol):
    event = attended(bob, carol, status="waitlisted", event__capacity=1)
    going = AttendanceFactory(event=event).user
    ApiClient(going).delete(f"/events/{event.pk}/join")


def come_near(bob, carol):
    remind(now=attended(bob, carol).date - timedelta(minutes=59))


def write(bob, carol):
    ApiClient(carol).post("/chat", {"receiver_id": bob.pk, "content": "Hi"})


def write_into_a_room(bob, carol):
    ConversationFactory(between=[bob, carol], name="our-room")
    ApiClient(carol).post("/chat/conversations/our-room/messages", {"content": "Hi"})
    assert Conversation.objects.count() == 1


def be_right(bob, carol):
    decide_about(carol, "none", reporter=bob)


def decide_about(person, decision, reporter=None, **options):
    row = StoryFactory(user=person)
    ConnectionFactory(sender=person, receiver=reporter or UserFactory(), accepted=True)
    return moderate(report(reporter or Connection.objects.latest("pk").receiver, row).case, decision, **options)


def be_suspended(bob, carol):
    """What is told then is read once it is over."""
    decide_about(bob, "suspend", until=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=bob.pk).update(suspended_until=timezone.now())
    assert ApiClient().post("/users/auth/login", {"username": bob.username, "password": PASSWORD}).status_code == 200


def win_an_appeal(bob, carol):
    made = appeal(case=decide_about(bob, "warn"), person=bob, text="Not me")
    decide_appeal(appeal=made, by=StaffFactory(is_superuser=True), overturn=True, note="")


def ask_for_an_export(bob, carol):
    assert ApiClient(bob).post("/users/export").status_code == 202


WAYS = [
    ("export_ready", ask_for_an_export),
    ("report_decided", be_right),
    ("account_warned", lambda bob, carol: decide_about(bob, "warn") and None),
    ("content_removed", lambda bob, carol: decide_about(bob, "remove") and None),
    ("account_suspended", be_suspended),
    ("appeal_decided", win_an_appeal),
    ("welcome", join),
    ("new_login", sign_in_elsewhere),
    ("follow_request", ask),
    ("follow_accepted", accept),
    ("document_approved", decide(True)),
    ("document_rejected", decide(False)),
    ("event_hosted", host),
    ("event_joined", have_a_friend_go),
    ("event_invited", invite),
    ("event_changed", change),
    ("event_cancelled", cancel),
    ("event_promoted", promote),
    ("event_reminder", come_near),
    ("message_received", write),
    ("message_received", write_into_a_room),
]
TOLD_OF = {"notifications", "demo"}
"""Rooms that know the codes and send none."""
GONE = {"event_cancelled"}
"""These tell that their object is not there any more."""


@pytest.fixture
def bob(db) -> User:
    return UserFactory(username="bob")


@pytest.fixture
def carol(db) -> User:
    return UserFactory(username="carol", role="brand")


def redirect_of(receiver, code):
    (row,) = ApiClient(receiver).get(f"/notifications?code={code}").json()["data"]
    return row["redirect"]


def status_of(receiver, redirect):
    return ApiClient(receiver).get(redirect["url"].removeprefix(API)).status_code


@pytest.mark.parametrize(("code", "make"), WAYS)
def test_its_receiver_can_read_where_it_leads(bob, carol, run_jobs, code, make):
    receiver = make(bob, carol) or bob
    run_jobs()

    assert status_of(receiver, redirect_of(receiver, code)) == (404 if code in GONE else 200)


def test_every_code_that_is_sent_is_walked():
    rooms = (Path(settings.BASE_DIR, "apps", config.label) for config in apps.get_app_configs())
    sources = [path.read_text() for room in rooms if room.name not in TOLD_OF for path in room.rglob("*.py")]
    written_out = {code for code in WORDS if any(f'"{code}"' in source for source in sources)}

    assert {code for code, _ in WAYS} == written_out | {"document_approved", "document_rejected"}


def test_a_profile_that_was_renamed_is_found_under_its_new_name(bob, carol):
    accept(bob, carol)
    carol.username = "carolina"
    change_account(user=carol, fields={"username"}, by=StaffFactory(is_superuser=True))

    redirect = redirect_of(bob, "follow_accepted")

    assert redirect == {"kind": "profile", "id": carol.pk, "url": f"{API}/users/profile/carolina"}
    assert status_of(bob, redirect) == 200
