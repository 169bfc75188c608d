import pytest

from tests.client import ApiClient
from tests.factories import (
    AttachmentFactory,
    BlockFactory,
    ConversationFactory,
    MessageFactory,
    StaffFactory,
    UserFactory,
)


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def five(alice, bob):
    """From both sides, the oldest first."""
    sides = [(alice, bob), (bob, alice)] * 2 + [(alice, bob)]
    return [MessageFactory(sender=sender, receiver=receiver) for sender, receiver in sides]


def ids(response):
    return [row["id"] for row in response.json()["data"]]


def keys(rows):
    return [row.pk for row in rows]


def test_a_page_ends_at_the_newest_with_the_oldest_first(alice_client, bob, five):
    response = alice_client.get(f"/chat?user_id={bob.pk}&limit=3")

    assert ids(response) == keys(five[2:])
    assert response.json()["meta"]["has_more"] is True


def test_it_goes_on_towards_the_older(alice_client, bob, five):
    first = alice_client.get(f"/chat?user_id={bob.pk}&limit=3").json()["meta"]["next"]

    older = alice_client.get(first.partition("/api/v1")[2])

    assert ids(older) == keys(five[:2])
    assert older.json()["meta"] == {"limit": 3, "has_more": False, "next": None}


def test_it_goes_on_towards_the_newer(alice_client, bob, five):
    newer = alice_client.get(f"/chat?user_id={bob.pk}&limit=2&after={five[0].pk}")
    newest = alice_client.get(newer.json()["meta"]["next"].partition("/api/v1")[2])

    assert ids(newer) == keys(five[1:3])
    assert ids(newest) == keys(five[3:])
    assert newest.json()["meta"]["next"] is None


def test_both_see_the_same(alice, alice_client, bob, five):
    assert ids(alice_client.get(f"/chat?user_id={bob.pk}")) == ids(ApiClient(bob).get(f"/chat?user_id={alice.pk}"))


def test_rooms_are_not_part_of_it(alice, alice_client, bob, five):
    room = ConversationFactory(name="room", between=[alice, bob])
    MessageFactory(conversation=room, sender=alice, receiver=bob)

    assert ids(alice_client.get(f"/chat?user_id={bob.pk}")) == keys(five)


def test_somebody_one_never_wrote_to_has_an_empty_list(alice_client):
    assert ids(alice_client.get(f"/chat?user_id={UserFactory().pk}")) == []


@pytest.mark.parametrize("who", ["unknown", "blocked", "blocker", "inactive"])
def test_who_is_not_there_is_not_found(alice, alice_client, bob, five, who):
    if who == "blocked":
        BlockFactory(blocker=alice, blocked=bob)
    elif who == "blocker":
        BlockFactory(blocker=bob, blocked=alice)
    elif who == "inactive":
        bob.is_active = False
        bob.save()

    user_id = 999999 if who == "unknown" else bob.pk

    assert alice_client.get(f"/chat?user_id={user_id}").status_code == 404


def test_without_a_person_it_lists_all_of_one_s_own(alice, alice_client, bob, five):
    room = ConversationFactory(name="room", between=[alice, bob])
    in_room = MessageFactory(conversation=room, sender=bob, receiver=alice)
    MessageFactory()

    response = alice_client.get("/chat?limit=4")

    assert ids(response) == keys([*five[2:], in_room])
    older = alice_client.get(response.json()["meta"]["next"].partition("/api/v1")[2])
    assert ids(older) == keys(five[:2])
    newer = alice_client.get(f"/chat?limit=2&after={five[1].pk}")
    assert ids(newer) == keys(five[2:4])


def test_all_of_one_s_own_leaves_out_who_is_hidden(alice, alice_client, bob, five):
    carol = UserFactory(is_active=False)
    MessageFactory(sender=carol, receiver=alice)
    kept = MessageFactory(receiver=alice)
    BlockFactory(blocker=bob, blocked=alice)

    assert ids(alice_client.get("/chat")) == [kept.pk]


def test_staff_read_no_conversations_of_others(five):
    assert ids(ApiClient(StaffFactory()).get("/chat")) == []


@pytest.mark.parametrize("path", ["/chat", "/chat?user_id={}", "/chat/conversations/room/messages"])
@pytest.mark.parametrize("count", [1, 10])
def test_its_query_count_does_not_grow(alice, alice_client, bob, django_assert_num_queries, path, count):
    room = ConversationFactory(name="room", between=[alice, bob])
    for number in range(count):
        place = room if "room" in path else None
        more = {"conversation": place} if place else {}
        message = MessageFactory(sender=(alice, bob)[number % 2], receiver=(bob, alice)[number % 2], **more)
        AttachmentFactory(message=message)
        AttachmentFactory(message=message, link_only=True)

    with django_assert_num_queries(2 if path == "/chat" else 3):  # who one is, whose conversation, the messages
        rows = alice_client.get(path.format(bob.pk)).json()["data"]

    assert len(rows) == count
    assert all(len(row["attachments"]) == 2 for row in rows)
