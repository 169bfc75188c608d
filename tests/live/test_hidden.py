"""What a log does not show: as the lists, nothing of people who are away or on the other side of a block."""

import pytest

from apps.accounts.services.people import deactivate
from tests.client import ApiClient
from tests.factories import BlockFactory
from tests.live.logs import cursor_of, events_of, say


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        (lambda alice, bob: None, True),
        (lambda alice, bob: BlockFactory(blocker=alice, blocked=bob), False),
        (lambda alice, bob: BlockFactory(blocker=bob, blocked=alice), False),
        (lambda alice, bob: BlockFactory(blocker=bob), True),
        (lambda alice, bob: BlockFactory(blocked=bob), True),
        (lambda alice, bob: deactivate(user=bob), False),
    ],
    ids=["nothing", "alice blocks bob", "bob blocks alice", "bob blocks another", "another blocks bob", "bob is away"],
)
def test_who_is_heard(alice, bob, what, seen):
    cursor = cursor_of(alice)
    say(bob, alice)
    what(alice, bob)

    assert events_of(alice, cursor) == (["message", "notification"] if seen else [])
    assert bool(ApiClient(alice).get("/chat").json()["data"]) == seen
    assert bool(ApiClient(alice).get("/notifications").json()["data"]) == seen


def test_what_is_hidden_is_passed(alice, bob):
    cursor = cursor_of(alice)
    say(bob, alice)
    BlockFactory(blocker=bob, blocked=alice)

    assert cursor_of(alice, cursor) == "2"
