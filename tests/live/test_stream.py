"""GET /stream where the server does not keep it open: what there is, and the end."""

from urllib.parse import quote

import pytest

from tests.live.logs import greet, say

URL = "/stream"


def written(response):
    return response.content.decode()


def ids(response):
    return [line[4:] for line in written(response).splitlines() if line.startswith("id: ")]


def test_it_begins_with_how_to_come_back(alice, alice_client):
    greet(alice, times=2)

    response = alice_client.get(URL)

    assert response.status_code == 200
    assert written(response) == "retry: 2000\nid: 2\n\n"
    assert response["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Accel-Buffering"] == "no"


def test_it_goes_on_behind_an_id(alice, alice_client):
    greet(alice, times=3)

    response = alice_client.get(f"{URL}?last_event_id=1")

    rows = alice_client.get("/stream/poll?cursor=1").json()["data"]["events"]
    assert ids(response) == ["1", "2", "3"]
    assert [row["id"] for row in rows] == ["2", "3"]
    assert written(response).startswith("retry: 2000\nid: 1\n\nevent: notification\nid: 2\ndata: {")
    assert written(response).endswith("}\n\n")


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("", {}, ["3"]),
        ("", {"last_event_id": "2"}, ["2", "3"]),
        ("?last_event_id=2", {}, ["2", "3"]),
        # A browser that comes back sends both: the header is newer.
        ("?last_event_id=0", {"last_event_id": "2"}, ["2", "3"]),
        ("?last_event_id=", {"last_event_id": ""}, ["3"]),
        ("?last_event_id=3", {}, ["3"]),
        ("?last_event_id=0", {}, ["0", "1", "2", "3"]),
        ("?last_event_id=002", {}, ["2", "3"]),
    ],
)
def test_where_it_begins(alice, alice_client, path, headers, expected):
    greet(alice, times=3)

    assert ids(alice_client.get(URL + path, **headers)) == expected


@pytest.mark.parametrize("cursor", ["4", "-1", "abc", "1.5", "٣", "error", "9" * 30, "1" + "0" * 17, "0x1"])
def test_a_place_that_is_none_is_reset(alice, alice_client, cursor):
    greet(alice, times=3)

    response = alice_client.get(f"{URL}?last_event_id={quote(cursor)}")

    assert written(response) == 'retry: 2000\n\nevent: reset\nid: 3\ndata: {"cursor":"3"}\n\n'


def test_a_long_log_is_cut(alice, alice_client):
    greet(alice, times=105)

    response = alice_client.get(f"{URL}?last_event_id=2")

    assert ids(response) == [str(number) for number in range(2, 103)]


def test_data_never_breaks_out_of_its_line(alice, alice_client, bob):
    say(bob, alice, "one\nid: 99\r\nevent: reset\rdata: {}\n\n\u2028é")

    lines = written(alice_client.get(f"{URL}?last_event_id=0")).split("\n")

    assert [line for line in lines if line.startswith(("id", "event"))] == [
        "id: 0",
        "event: message",
        "id: 1",
        "event: notification",
        "id: 2",
    ]


def test_head_tells_the_same_without_a_body(alice_client):
    head, get = alice_client.call("HEAD", URL), alice_client.get(URL)

    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == get["Content-Type"]


def test_it_costs_two_queries_at_most(alice, alice_client, django_assert_num_queries):
    greet(alice, times=20)

    with django_assert_num_queries(1):  # who it is, and how far the log goes
        alice_client.get(f"{URL}?last_event_id=20")
    with django_assert_num_queries(2):
        alice_client.get(f"{URL}?last_event_id=0")
