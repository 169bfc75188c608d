"""`manage.py demo`"""

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO
from random import Random

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Block, Document, Profile, ProfileCategory, ProfilePlatform, User
from apps.accounts.services.sessions import login
from apps.core.http.clients import Client
from apps.demo.build import build, populate
from apps.demo.logins import NAMES, password
from apps.demo.progress import Progress
from apps.demo.world import World
from apps.events.models import Attendance, Event
from apps.messaging.models import Attachment, Conversation, Message
from apps.notifications.models import Notification
from apps.social.models import Connection, Story, StoryView
from tests.demo.conftest import content_of, files, silent
from tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.usefixtures("db", "files_removed")

FEW = 20


def demo(capsys, *arguments: str, users: int = FEW) -> str:
    call_command("demo", "--users", str(users), *arguments)
    return capsys.readouterr().out


def counts() -> dict[str, int]:
    return {model._meta.label: model.objects.count() for model in apps.get_models() if hasattr(model, "objects")}


def test_it_builds_a_network_and_says_how_to_sign_in(capsys):
    said = demo(capsys)

    assert re.match(rf"Built a network of {FEW} people in \d+\.\d seconds\.\n", said)
    assert User.objects.count() == FEW
    shown = re.findall(r"^  (\w+) +([a-z2-7-]{14}) +\w+", said, re.MULTILINE)
    assert shown == [(name, password()) for name in NAMES]
    for name, secret in shown:
        assert login(name=name, password=secret, client=Client("127.0.0.1", ""))


def test_a_second_time_it_changes_nothing_and_says_so(capsys):
    first = demo(capsys)
    before = counts()

    second = demo(capsys)

    assert second.startswith("The demo network is there already: nothing has changed.\n")
    assert second.splitlines()[1:] == first.splitlines()[1:]
    assert counts() == before


def test_it_leaves_a_network_of_others_alone(capsys):
    UserFactory()
    before = counts()

    with pytest.raises(CommandError, match=r"There are other people in this database\. With --force"):
        demo(capsys)

    assert counts() == before
    assert "Built a network" in demo(capsys, "--force")
    assert User.objects.count() == FEW + 1


def test_staff_are_no_obstacle(capsys):
    StaffFactory(username="clerk")

    assert "Built a network" in demo(capsys)


def test_it_does_nothing_at_a_public_address(capsys, settings):
    settings.PUBLIC_URL = "https://infloo.example"

    with pytest.raises(CommandError, match=r"https://infloo\.example is a public address\. With --force"):
        demo(capsys)

    assert demo(capsys, "--if-empty") == ""
    assert not User.objects.exists()


def test_where_there_is_any_account_if_empty_builds_and_says_nothing(capsys):
    StaffFactory(username="clerk")

    assert demo(capsys, "--if-empty") == ""
    assert User.objects.count() == 1


def test_if_empty_says_the_logins_again_where_the_demo_is_there(capsys):
    demo(capsys)

    assert demo(capsys, "--if-empty", "-v0").startswith("Demo people, and the password of each:\n  mia ")


def test_a_password_that_was_changed_is_not_said(capsys):
    demo(capsys)
    mia = User.objects.get(username="mia")
    mia.set_password(PASSWORD)
    mia.save()

    said = demo(capsys)

    assert "  mia      (changed)        influencer\n" in said
    assert said.count(password()) == len(NAMES) - 1


def test_there_have_to_be_enough_people_for_the_logins(capsys):
    with pytest.raises(CommandError, match="--users must be 14 or more"):
        demo(capsys, users=13)

    assert "Built a network of 14 people" in demo(capsys, users=14)


def test_once_the_stories_have_expired_there_are_new_ones(capsys):
    demo(capsys)
    Story.objects.all().delete()
    before = counts()

    assert demo(capsys).startswith("The demo network is there already. Its stories had expired: there are new ones.\n")
    assert Story.objects.live().count() > 3
    same = {label: count for label, count in counts().items() if not label.startswith("social.Story")}
    assert same.items() <= before.items()


class Stopped(Exception):
    pass


class Stopping(Progress):
    def of(self, subject, rows):
        if subject == "stories":
            raise Stopped
        return super().of(subject, rows)


def test_stopped_half_way_it_leaves_nothing_behind():
    before = counts()

    with pytest.raises(Stopped):
        build(count=FEW, seed=1, progress=Stopping(OutputWrapper(StringIO())))

    assert counts() == before
    assert files() == []


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("out", "shown"),
    [
        (StringIO, ["  people         3\n"]),
        (Terminal, ["0 of 3", "1 of 3", "2 of 3", "  people         3"]),
    ],
)
def test_it_shows_how_far_it_has_come(out, shown):
    written = out()

    assert list(Progress(OutputWrapper(written)).of("people", "abc")) == ["a", "b", "c"]
    parts = written.getvalue().split("\r")
    assert len([part for part in parts if part]) == len(shown)
    assert all(end in written.getvalue() for end in shown)
    assert written.getvalue().endswith("\n")


def built(seed: int, now) -> dict[str, list]:
    """What was built, without ids and hours, and undone again."""
    with transaction.atomic():
        populate(World(Random(seed), now, silent()), 50)
        rows = {name: sorted(map(str, found)) for name, found in digest(now).items()}
        transaction.set_rollback(True)
    return rows


def digest(now) -> dict[str, Iterable[object]]:
    def since(row, *names: str) -> list[timedelta | None]:
        return [value and value - now for value in (getattr(row, name) for name in names)]

    def picture(file) -> str:
        return hashlib.sha256(content_of(file)).hexdigest() if file else ""

    told = ("bio", "phone", "website", "social_links", "country", "city", "languages", "business_category")
    return {
        "people": User.objects.values_list("username", "email", "first_name", "last_name", "user_type", "is_verified"),
        "joined": [(user.username, since(user, "date_joined", "last_login")) for user in User.objects.all()],
        "profiles": Profile.objects.values_list("user__username", *told),
        "avatars": [(profile.user_id and str(profile), picture(profile.avatar)) for profile in Profile.objects.all()],
        "reach": ProfilePlatform.objects.values_list("platform", "handle", "followers", "engagement_rate"),
        "categories": ProfileCategory.objects.values_list("profile__user__username", "slug"),
        "documents": Document.objects.values_list("user__username", "type", "status", "reason", "sha256", "size"),
        "blocks": Block.objects.values_list("blocker__username", "blocked__username"),
        "connections": [
            (str(row), row.status, since(row, "created_at", "answered_at")) for row in Connection.objects.all()
        ],
        "stories": [
            (row.user.username, row.caption, since(row, "created_at"), picture(row.media))
            for row in Story.objects.all()
        ],
        "views": StoryView.objects.values_list("story__caption", "viewer__username"),
        "events": Event.objects.values_list("host__username", "title", "location", "capacity", "visibility", "uid"),
        "guests": Attendance.objects.values_list("event__title", "user__username", "status"),
        "rooms": Conversation.objects.values_list("name", "first__username", "second__username"),
        "messages": [
            (row.sender.username, row.content, since(row, "timestamp", "read_at"))
            for row in Message.objects.select_related("sender")
        ],
        "attachments": Attachment.objects.values_list("name", "link", "size"),
        "told": Notification.objects.exclude(kind__code="account_suspended").values_list(
            "receiver__username", "message", "is_read"
        ),
    }


def test_the_same_seed_makes_the_same_network_at_any_hour():
    now = timezone.now()

    first, second = built(1, now), built(1, now + timedelta(hours=7, minutes=13))

    for name, rows in first.items():
        assert rows, name
        assert rows == second[name]


def test_another_seed_makes_another_network():
    now = timezone.now()

    first, second = built(1, now), built(2, now)

    assert all(first[name] != second[name] for name in ("people", "profiles", "avatars", "connections", "messages"))
