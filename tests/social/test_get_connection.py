import pytest

from tests.client import ApiClient
from tests.factories import BlockFactory, ConnectionFactory, StaffFactory, UserFactory


def get(person, connection):
    return ApiClient(person).get(f"/connections/{connection.pk}")


@pytest.mark.parametrize("state", ["pending", "accepted", "rejected"])
def test_either_side_sees_it_as_in_their_list(db, state):
    connection = ConnectionFactory(status=state)

    for person in (connection.sender, connection.receiver):
        response = get(person, connection)
        (listed,) = ApiClient(person).get("/connections").json()["data"]
        assert (response.status_code, response.json()) == (200, {"message": "OK", "data": listed})


@pytest.mark.parametrize("who", [UserFactory, StaffFactory])
def test_for_anybody_else_it_is_not_there(db, who):
    assert get(who(), ConnectionFactory(accepted=True)).status_code == 404


@pytest.mark.parametrize("gone", ["away", "blocked"])
def test_it_is_hidden_as_in_the_list(alice, gone):
    connection = ConnectionFactory(sender=alice, rejected=True)
    if gone == "away":
        connection.receiver.is_active = False
        connection.receiver.save(update_fields=["is_active"])
    else:
        BlockFactory(blocker=connection.receiver, blocked=alice)

    assert get(alice, connection).status_code == 404
    assert ApiClient(alice).get("/connections").json()["data"] == []


def test_it_asks_who_is_calling(db):
    assert get(None, ConnectionFactory()).status_code == 401
