"""Texts, numbers, moments and lists are read alike in every body and query."""

from collections.abc import Iterator
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

import pytest
from pydantic import AfterValidator, BeforeValidator, StringConstraints

import api  # noqa: F401  # brings in the shapes of every room
from apps.core import text
from apps.core.http import schemas
from apps.core.http.schemas import Query
from apps.events.models import Attendance
from tests.client import ApiClient
from tests.factories import ConnectionFactory, EventFactory, NotificationFactory, UserFactory

PROFILE = "/users/profile"
EVENT = {"title": "Gala", "date": "2099-01-01T10:00:00Z", "location": "Berlin"}
CONTROLS = ["\x07", "\t", "\n", "\r\n", "\r", "\x0b", "\x1b", "\x1f", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"]
UNSEEN = [
    *(" ", "\u200b", "\u200d\ufe0f", "\u3164", "\u2800", "\ufeff", "\u00ad", "\u034f \u115f", "\u202e"),
    *("\u2066\u2069", "\U000e0041", "\U000e0100", "\u180e", "\uffa0", "\u17b4"),
]
BAD_LINE = "Control characters and line breaks are not allowed."
BAD_INTEGER = "A valid integer is required."
BAD_NUMBER = "A valid number is required."
BAD_MOMENT = "Enter a valid date/time."
HAVE_THEIR_OWN_CHECK = {"MessageContentIn.attachments", "MessageIn.attachments", "RoomIn.participants"}


def shapes(parent: type[Query] = Query) -> Iterator[type[Query]]:
    for shape in parent.__subclasses__():
        if shape.__module__.startswith("apps."):
            yield shape
        yield from shapes(shape)


def leaves(annotation: Any, marks: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The single values in what is declared, each with what its type is annotated with."""
    inside = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from leaves(inside[0], marks + inside[1:])
    elif get_origin(annotation) in (list, dict, Union, UnionType):
        for part in inside:
            yield from leaves(part, marks)
    else:
        yield annotation, marks


def is_strict(kind: Any, marks: tuple[Any, ...]) -> bool:
    checks = {mark.func for mark in marks if isinstance(mark, AfterValidator | BeforeValidator)}
    if kind is str:
        limits = [mark for mark in marks if isinstance(mark, StringConstraints)]
        is_secret_or_code = any(limit.pattern or limit.strip_whitespace is False for limit in limits)
        return is_secret_or_code or bool(checks & {text.one_line, text.long_text})
    wanted = {int: schemas.digits, float: schemas.plain_number, datetime: schemas.rfc_3339}
    return kind not in wanted or wanted[kind] in checks


def test_every_body_and_query_is_declared_in_strict_types():
    declared = {
        f"{shape.__name__}.{name}": get_type_hints(shape, include_extras=True)[name]
        for shape in shapes()
        for name in shape.model_fields
    }

    loose = {name for name, kind in declared.items() if not all(is_strict(*leaf) for leaf in leaves(kind))}

    assert len(declared) > 50
    assert loose == HAVE_THEIR_OWN_CHECK


def patched(client: ApiClient, field: str, value: Any) -> Any:
    """What a profile shows after this change, or the sentence of its refusal."""
    response = client.patch(PROFILE, {field: value})
    if response.status_code == 200:
        return response.json()["data"][field]
    ((_, (sentence,)),) = response.json()["details"].items()
    return sentence


@pytest.mark.parametrize("control", CONTROLS)
def test_a_line_has_no_control_characters(alice_client, control):
    typed = f"New{control}York"
    handle = [{"platform": "x", "handle": typed}]
    answers = {
        "city": alice_client.patch(PROFILE, {"city": typed}),
        "website": alice_client.patch(PROFILE, {"website": f"https://x.org/{typed}"}),
        "platforms.0.handle": alice_client.patch(PROFILE, {"platforms": handle}),
        "participants.1": alice_client.post("/chat/conversations", {"name": "abc", "participants": ["alice", typed]}),
        "search": alice_client.get(f"/users?{urlencode({'search': typed})}"),
    }

    for field, response in answers.items():
        assert (response.status_code, response.json()["details"]) == (400, {field: [BAD_LINE]})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("a\tb", "a\tb"),
        ("a\x07b\x0b\x0c\x1b[0m\x7f\x85\x9fc", "ab[0mc"),
        ("\x07 \r\n hello \r\n\x1f", "hello"),
        ("مرحبا\u200f می\u200cخواهم 👩\u200d🚀", "مرحبا\u200f می\u200cخواهم 👩\u200d🚀"),
    ],
)
def test_a_long_text_keeps_its_lines_and_loses_other_control_characters(alice_client, typed, kept):
    assert patched(alice_client, "bio", typed) == kept


def test_a_line_break_counts_once(alice_client):
    assert patched(alice_client, "bio", "x\r\n" * 249 + "xx") == "x\n" * 249 + "xx"
    assert patched(alice_client, "bio", "x" * 501) == "Ensure this field has no more than 500 characters."


@pytest.mark.parametrize("unseen", UNSEEN)
def test_a_text_of_which_nothing_can_be_seen_is_empty(alice, alice_client, unseen):
    bob = UserFactory()

    title = ApiClient(UserFactory(role="brand")).post("/events", EVENT | {"title": unseen})
    message = alice_client.post("/chat", {"receiver_id": bob.pk, "content": unseen})

    assert title.json()["details"] == {"title": ["Ensure this field has at least 1 characters."]}
    assert message.json()["details"] == {"content": ["Write something, or attach a file."]}
    assert patched(alice_client, "city", unseen) is None
    assert patched(alice_client, "bio", unseen) == ""
    assert len(alice_client.get(f"/users?{urlencode({'search': unseen})}").json()["data"]) == 3


@pytest.mark.parametrize("seen", ["é", "е\u0301", "👍🏽", "한", "१", "\u0600", "☠\ufe0f", "."])
def test_a_text_of_which_something_can_be_seen_stays(alice_client, seen):
    assert patched(alice_client, "city", seen) == seen


@pytest.mark.parametrize("value", ["1_0", " 10", "10 ", "+5", "1.0", "1e3", "0x10", "١٠", "１０", "", 1.0, 10.5, True])
def test_an_integer_is_digits_only(alice_client, value):
    followers = [{"platform": "x", "handle": "a", "followers": value}]
    query = urlencode({"min_followers": value, "limit": value})

    details = alice_client.get(f"/users?{query}").json()["details"]

    assert patched(alice_client, "platforms", followers) == BAD_INTEGER
    assert details == {"limit": [BAD_INTEGER], "min_followers": [BAD_INTEGER]}


@pytest.mark.parametrize(("value", "read"), [("10", 10), ("007", 7), (10, 10)])
def test_an_integer_may_be_written_as_text(alice_client, value, read):
    (platform,) = patched(alice_client, "platforms", [{"platform": "x", "handle": "a", "followers": value}])

    assert platform["followers"] == read


def test_a_negative_number_is_out_of_range(alice_client):
    followers = [{"platform": "x", "handle": "a", "followers": "-5"}]

    assert patched(alice_client, "platforms", followers) == "Ensure this value is greater than or equal to 0."


@pytest.mark.parametrize("value", ["1_0.5", " 1", "+1", "1e1", "1,5", ".5", "5.", "nan", "inf", "٤", "", True])
def test_a_number_is_plain_decimal(alice_client, value):
    rate = [{"platform": "x", "handle": "a", "engagement_rate": value}]

    assert patched(alice_client, "platforms", rate) == BAD_NUMBER


@pytest.mark.parametrize(("value", "read"), [("4.5", 4.5), ("4", 4.0), (4.5, 4.5), (4, 4.0)])
def test_a_number_may_be_written_as_text(alice_client, value, read):
    (platform,) = patched(alice_client, "platforms", [{"platform": "x", "handle": "a", "engagement_rate": value}])

    assert platform["engagement_rate"] == read


@pytest.mark.parametrize(
    "value",
    [
        *("20270101", "2027-01-01", "2027-W01-1T10:00:00Z", "2027-001T10:00:00Z", "20270101T100000Z", "1798761600"),
        *("2027-01-01T10Z", "2027-01-01T10:00Z", "2027-01-01T10:00:00+0200", "2027-01-01T10:00:00+02", "+2027-01-01"),
        *("2027-01-01T10:00:00,5Z", "2027-01-01T24:00:00Z", "2027-02-29T10:00:00Z", "2027-01-01T10:00:00 UTC"),
        *("٢٠٢٧-01-01T10:00:00Z", "2027-1-1T10:00:00Z", "2027-01-01_10:00:00Z", "", "now"),
    ],
)
def test_a_moment_is_rfc_3339(db, value):
    host, alice_client = ApiClient(UserFactory(role="brand")), ApiClient(UserFactory())

    made = host.post("/events", EVENT | {"date": value})
    listed = alice_client.get(f"/notifications?{urlencode({'created_after': value})}")

    assert made.json()["details"] == {"date": [BAD_MOMENT]}
    assert listed.json()["details"] == {"created_after": [BAD_MOMENT]}


@pytest.mark.parametrize("value", [1798761600, 1798761600.5, 20270101, True])
def test_a_moment_is_no_number(db, value):
    made = ApiClient(UserFactory(role="brand")).post("/events", EVENT | {"date": value})

    assert made.json()["details"] == {"date": [BAD_MOMENT]}


def test_a_moment_has_a_zone(db):
    made = ApiClient(UserFactory(role="brand")).post("/events", EVENT | {"date": "2099-01-01T10:00:00"})

    assert made.json()["details"] == {"date": ["Enter a valid date/time with its time zone."]}


@pytest.mark.parametrize(
    "value",
    [
        *("2099-01-01T10:00:00Z", "2099-01-01t10:00:00z", "2099-01-01 10:00:00Z", "2099-01-01T12:00:00+02:00"),
        *("2099-01-01T10:00:00.000Z", "2099-01-01T10:00:00.0000000001Z", "2099-01-01T10:00:00-00:00"),
    ],
)
def test_a_moment_is_taken_as_rfc_3339_allows(db, value):
    made = ApiClient(UserFactory(role="brand")).post("/events", EVENT | {"date": value})

    assert made.json()["data"]["date"] == "2099-01-01T10:00:00Z"


@pytest.mark.parametrize("value", ["Kı", "\u212aI", "ＫＩ", "kir", "K"])
def test_a_country_is_a_code_of_two_ascii_letters(alice, alice_client, value):
    alice.profile.country = "KI"
    alice.profile.save()

    assert patched(alice_client, "country", value) == f'"{value}" is not a valid choice.'
    assert alice_client.get(f"/users?{urlencode({'country': value})}").json()["data"] == []
    assert patched(alice_client, "country", "ki") == "KI"


@pytest.mark.parametrize("filtered", ["role", "category", "platform", "country"])
@pytest.mark.parametrize("value", ["unknown", "fashion\u212a", "İ", "x" * 1000, "?"])
def test_an_unknown_code_finds_nobody(alice_client, filtered, value):
    response = alice_client.get(f"/users?{urlencode({filtered: value})}")

    assert (response.status_code, response.json()["data"]) == (200, [])


@pytest.mark.parametrize("filtered", ["type", "code"])
def test_an_unknown_code_of_a_notification_finds_none(alice, alice_client, filtered):
    NotificationFactory(receiver=alice)

    response = alice_client.get(f"/notifications?{filtered}=unknown")

    assert (response.status_code, response.json()["data"]) == (200, [])


@pytest.mark.parametrize(
    "value",
    ["Factory", "localtime", "posixrules", "posix/UTC", "right/UTC", "posix/Asia/Tokyo", "utc", "+02:00", ""],
)
def test_a_time_zone_is_one_of_ianas(alice_client, value):
    assert patched(alice_client, "timezone", value) == f'"{value}" is not a valid choice.'


@pytest.mark.parametrize("value", ["Europe/Kyiv", "Asia/Calcutta", "America/Argentina/Salta", "UTC", "Etc/GMT+5"])
def test_a_time_zone_may_have_an_older_name(alice_client, value):
    assert patched(alice_client, "timezone", value) == value


@pytest.mark.parametrize("field", ["languages", "categories"])
def test_what_a_list_names_twice_counts_once(alice_client, field):
    assert patched(alice_client, field, ["food", "beauty", "FOOD", "food", "Beauty"]) in (
        ["food", "beauty"],
        ["beauty", "food"],  # categories have no order
    )
    assert patched(alice_client, "languages", ["de", "en", "DE"]) == ["de", "en"]


def test_who_is_invited_twice_is_invited_once(db):
    event = EventFactory()
    friend = ConnectionFactory(sender=event.host, accepted=True).receiver

    invited = ApiClient(event.host).post(f"/events/{event.pk}/invite", {"user_ids": [friend.pk, str(friend.pk)]})

    assert invited.json()["data"] == {"invited": 1}
    assert Attendance.objects.count() == 1
