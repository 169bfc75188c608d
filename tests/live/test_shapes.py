"""What clients are told has the shapes that docs/openapi.json gives them, to the letter."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.services import people, sessions
from apps.live.schemas import StreamEvent
from apps.messaging.schemas import TypingEvent, TypingOut
from tests.client import ApiClient, image_file, pdf_file
from tests.factories import ConnectionFactory, StaffFactory, UserFactory
from tests.live.logs import greet, poll, say

SCHEMAS = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())["components"]["schemas"]
POLL = SCHEMAS["PollOut"]
TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def resolved(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    """What a reference leads to, or a discriminator."""
    if "$ref" in schema:
        found: dict[str, Any] = SCHEMAS[schema["$ref"].rpartition("/")[2]]
        return found
    if "discriminator" in schema:
        rule = schema["discriminator"]
        return resolved({"$ref": rule["mapping"][value[rule["propertyName"]]]}, value)
    return schema


def problems(value: Any, schema: dict[str, Any], place: str = "answer") -> list[str]:
    """Where a value is not as its schema says; a field that the schema does not know is a problem too."""
    schema = resolved(schema, value)
    if "anyOf" in schema:
        choices = [problems(value, choice, place) for choice in schema["anyOf"]]
        return [] if [] in choices else min(choices, key=len)
    if schema["type"] == "object" and isinstance(value, dict):
        return problems_of_fields(value, schema, place)
    if type(value) is not TYPES[schema["type"]] or value not in schema.get("enum", [value]):
        return [f"{place}: {value!r}"]
    if value != schema.get("const", value) or not is_formatted(value, schema.get("format")):
        return [f"{place}: {value!r}"]
    if schema["type"] == "array":
        return [
            row for number, part in enumerate(value) for row in problems(part, schema["items"], f"{place}.{number}")
        ]
    return []


def problems_of_fields(value: Any, schema: dict[str, Any], place: str) -> list[str]:
    fields = schema["properties"]
    wrong = (value.keys() - fields.keys()) | (set(schema.get("required", [])) - value.keys())
    known = [row for name in fields if name in value for row in problems(value[name], fields[name], f"{place}.{name}")]
    return [f"{place}: {sorted(wrong)}"] * bool(wrong) + known


def is_formatted(value: Any, name: str | None) -> bool:
    if name != "date-time":
        return name is None
    return value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None


NOTIFIED = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({}, NOTIFIED),
        ({"a": "1"}, NOTIFIED),
        ({"a": True}, NOTIFIED),
        ({"a": 1, "b": 1}, NOTIFIED),
        ({"events": [], "cursor": 1, "reset": False}, POLL),
        ({"events": [{"event": "read", "id": "1", "data": {}}], "cursor": "1", "reset": False}, POLL),
        ("2030-01-01T10:00:00+00:00", {"type": "string", "format": "date-time"}),
        (None, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ],
)
def test_the_check_sees_what_is_wrong(value, schema):
    assert problems(value, schema)


def live_a_little(alice, bob, run_jobs):
    """Everything that is told of, in every form it takes."""
    people.set_avatar(user=alice, upload=image_file())
    greet(bob)
    say(bob, alice, "Hi")
    form = {"receiver_id": bob.pk, "collaboration_id": 7, "attachments": [image_file(), pdf_file()]}
    with_files = ApiClient(alice).post("/chat", form=form).json()["data"]
    link = {"receiver_id": bob.pk, "attachments": ["https://example.com/a"], "content": "Look"}
    with_link = ApiClient(alice).post("/chat", link).json()["data"]
    ApiClient(bob).post("/chat/read", {"user_id": alice.pk})
    ApiClient(alice).patch(f"/chat/{with_files['id']}", {"content": "Changed"})
    say(alice, bob, "Never mind")
    ApiClient(alice).delete(f"/chat/{with_link['id']}")
    ApiClient(bob).delete(f"/notifications/{ApiClient(bob).get('/notifications').json()['data'][0]['id']}")
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    body = {"title": "Gala", "date": "2030-01-01T10:00:00Z", "location": "Berlin"}
    event = ApiClient(alice).post("/events", body).json()["data"]
    ApiClient(alice).post(f"/events/{event['id']}/invite", {"user_ids": [bob.pk]})
    run_jobs()
    sessions.end_all(user=bob)


def test_every_event_is_as_described(bob, run_jobs):
    alice = UserFactory(role="brand", username="alice", is_verified=True)
    live_a_little(alice, bob, run_jobs)

    answers = [poll(user, "0") for user in (alice, bob)]

    assert [problems(answer, POLL) for answer in answers] == [[], []]
    seen = {event["event"] for answer in answers for event in answer["events"]}
    assert seen == set(POLL["properties"]["events"]["items"]["discriminator"]["mapping"])
    codes = {event["data"].get("code") for event in answers[1]["events"]}
    assert codes >= {"welcome", "message_received", "event_hosted", "event_invited"}


def test_a_poll_without_events_is_as_described(alice):
    greet(alice)

    assert [problems(poll(alice, cursor), POLL) for cursor in (None, "1", "junk")] == [[], [], []]


def test_all_events_but_typing_are_described():
    names = {event.name: event.__name__ for event in StreamEvent.__subclasses__()}
    mapping = POLL["properties"]["events"]["items"]["discriminator"]["mapping"]

    assert names.pop("typing") == "TypingEvent"
    assert {name: reference.rpartition("/")[2] for name, reference in mapping.items()} == names


def test_typing_shows_a_person(alice):
    event = TypingEvent(data=TypingOut.model_validate({"user": alice}))

    data = json.loads(event.data.model_dump_json())

    assert data.keys() == {"user"}
    assert problems(data["user"], SCHEMAS["PersonOut"]) == []


def test_an_actor_may_be_of_the_staff(alice):
    staff = StaffFactory()
    greet(alice, actor=staff)

    (event,) = poll(alice, "0")["events"]

    assert problems(event["data"], SCHEMAS["NotificationOut"]) == []
    assert event["data"]["actor"]["role"] == "staff"
