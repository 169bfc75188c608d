import pytest

from tests.client import ApiClient, sign_in
from tests.factories import UserFactory

URL = "/stream/poll"


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def poll(client, cursor=None, **headers):
    response = client.get(URL if cursor is None else f"{URL}?cursor={cursor}", **headers)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def say(sender, receiver, content="Hi"):
    return ApiClient(sender).post("/chat", {"receiver_id": receiver.pk, "content": content}).json()["data"]


def test_it_begins_at_now(alice, alice_client, bob):
    say(bob, alice)

    data = poll(alice_client)

    assert (data["events"], data["reset"]) == ([], False)
    assert poll(alice_client, data["cursor"]) == data


def test_it_tells_what_came_after_the_cursor(alice, alice_client, bob):
    cursor = poll(alice_client)["cursor"]
    sent = say(bob, alice)

    data = poll(alice_client, cursor)

    assert [event["event"] for event in data["events"]] == ["message", "notification"]
    assert data["events"][0]["data"] == sent
    assert data["events"][1]["data"] == alice_client.get("/notifications").json()["data"][0]
    assert data["cursor"] == data["events"][-1]["id"]
    assert poll(alice_client, data["cursor"])["events"] == []


def test_it_goes_on_where_it_was_cut(alice, alice_client, bob):
    cursor = poll(alice_client)["cursor"]
    for number in range(3):
        say(bob, alice, str(number))

    ids = []
    while events := poll(alice_client, f"{cursor}&limit=2")["events"]:
        ids += [event["id"] for event in events]
        cursor = events[-1]["id"]

    assert len(ids) == len(set(ids)) == 6


def test_what_is_not_new_is_a_304_of_one_query(alice_client, django_assert_num_queries):
    cursor = poll(alice_client)["cursor"]
    etag = alice_client.get(f"{URL}?cursor={cursor}")["ETag"]

    with django_assert_num_queries(1):
        response = alice_client.get(f"{URL}?cursor={cursor}", if_none_match=etag)

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"x", W/{}', 304),
        (' "x",{} ,"y"', 304),
        ("*", 304),
        ('"x"', 200),
        ('W/"x", "*"', 200),
        ("1", 200),
        ("", 200),
    ],
)
def test_an_etag_is_compared_weakly_and_in_lists(alice, alice_client, bob, if_none_match, status):
    say(bob, alice)
    cursor = poll(alice_client)["cursor"]
    path = f"{URL}?cursor={cursor}"
    condition = if_none_match.format(alice_client.get(path)["ETag"])

    assert alice_client.get(path, if_none_match=condition).status_code == status
    say(bob, alice)
    assert len(alice_client.get(path, if_none_match=condition).json()["data"]["events"]) == 2


@pytest.mark.parametrize("cursor", ["999", "-1", "abc", "1.5", "9" * 30])
def test_a_cursor_that_leads_nowhere_is_reset(alice_client, cursor):
    data = poll(alice_client, cursor)

    assert (data["events"], data["reset"]) == ([], True)
    assert poll(alice_client, data["cursor"])["reset"] is False


def test_nobody_reads_the_log_of_another(alice, alice_client, bob):
    cursor = poll(alice_client)["cursor"]
    say(bob, UserFactory())

    assert poll(alice_client, cursor)["events"] == []


def test_a_token_may_stand_in_the_address_here_and_nowhere_else(alice):
    token = sign_in(alice).access

    assert ApiClient().get(f"{URL}?token={token}").status_code == 200
    assert ApiClient().get(f"/users/profile?token={token}").status_code == 401
