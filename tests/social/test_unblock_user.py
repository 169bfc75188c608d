from apps.accounts.models import Block
from tests.client import ApiClient
from tests.factories import BlockFactory, UserFactory


def test_the_two_see_each_other_again(alice, alice_client):
    bob = BlockFactory(blocker=alice, blocked=UserFactory(username="bob")).blocked

    response = alice_client.delete(f"/blocks/{bob.pk}")

    assert (response.status_code, response.content) == (204, b"")
    assert alice_client.get("/users/profile/bob").status_code == 200
    assert ApiClient(bob).get("/users/profile/alice").status_code == 200


def test_only_ones_own_block_can_be_lifted(alice, alice_client):
    bob = BlockFactory(blocked=alice).blocker
    other = BlockFactory().blocked

    for person in (bob, other):
        assert alice_client.delete(f"/blocks/{person.pk}").status_code == 404
    assert Block.objects.count() == 2


def test_the_other_sides_block_stays(alice, alice_client):
    bob = BlockFactory(blocker=alice).blocked
    BlockFactory(blocker=bob, blocked=alice)

    alice_client.delete(f"/blocks/{bob.pk}")

    assert alice_client.get(f"/users/profile/{bob.username}").status_code == 404


def test_nobody_blocked_is_not_found(alice_client):
    assert alice_client.delete(f"/blocks/{UserFactory().pk}").status_code == 404


def test_it_asks_who_is_calling(db):
    assert ApiClient().delete(f"/blocks/{BlockFactory().blocked.pk}").status_code == 401
