"""A person of the demo network takes a copy of all that is theirs, and leaves."""

import json
import zipfile
from io import BytesIO

import pytest
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from apps.accounts.archive import write_archive
from apps.accounts.models import Erasure, User
from apps.accounts.services import leaving
from apps.messaging.models import Conversation, Message
from apps.social.models import Connection
from tests.client import ApiClient

pytestmark = pytest.mark.usefixtures("network", "db")


@pytest.fixture
def person(network):
    """Who wrote most."""
    return User.objects.annotate(count=Count("messages_sent")).order_by("-count", "pk").first()


def copy_of(person):
    target = BytesIO()
    write_archive(target, person)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_copy_holds_what_is_theirs(person):
    files = copy_of(person)

    rooms = {name: json.loads(content) for name, content in files.items() if name.endswith(".json")}
    theirs = Q(sender=person) | Q(receiver=person)
    assert {row["content"] for row in rooms["messaging.json"]["messages"]} == set(
        Message.objects.filter(theirs).values_list("content", flat=True)
    )
    assert len(rooms["social.json"]["connections"]) == Connection.objects.filter(theirs).count() > 0
    assert rooms["accounts.json"]["profile"][0]["bio"] == person.profile.bio
    assert rooms["manifest.json"]["username"] == person.username
    assert sum(name.startswith("media/") for name in files) == rooms["manifest.json"]["media"]["count"] > 0
    everything = b"".join(files.values())
    assert not [other.email for other in User.objects.exclude(pk=person.pk) if other.email.encode() in everything]


def test_who_leaves_is_gone_and_their_conversations_stay(person):
    conversation = Conversation.objects.filter(Q(first=person) | Q(second=person), name=None).first()
    other = conversation.other_than(person.pk)
    before = Message.objects.count()
    with transaction.atomic():
        Erasure.objects.create(user=person, due_at=timezone.now())

        leaving.erase_due()

        person.refresh_from_db()
        assert person.state == User.State.ERASED
        listed = ApiClient(other).get("/chat/conversations").json()["data"]
        [row] = [row for row in listed if row["id"] == conversation.pk]
        assert row["other_user"]["username"] == "Deleted user"
        assert Message.objects.count() == before
        transaction.set_rollback(True)
