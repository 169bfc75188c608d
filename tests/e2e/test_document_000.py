"""The journey of source document 000, literally and on real processes, and then on.

Only dates are moved ahead. Where the product's contract decided otherwise, a comment says so.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx

from tests.client import PDF
from tests.e2e.conftest import Infloo
from tests.e2e.files import FILM, photo, picture, says_where
from tests.e2e.people import connect, data_of, joined, staff, submit, told, visitor, wait_for

ANYTHING = "..."
"""As the document writes it: some text."""

REGISTRATION = {
    "username": "brand1",
    "email": "brand@infloo.in",
    "password": "Secret@123",
    "user_type_id": 2,
    "phone": "1234567890",
}
EVENT = {
    "title": "Summer Launch",
    "description": "Launching our new summer collection.",
    "date": "2099-06-01T18:00:00Z",
    "location": "New York, NY",
    "capacity": 100,
}


@dataclass
class People:
    infloo: Infloo
    alice: httpx.Client
    """An influencer, number 1."""
    brand: httpx.Client
    """brand1, number 2."""


def test_the_journey_of_the_document(infloo: Infloo):
    with ExitStack() as stack:
        alice = stack.enter_context(joined(infloo, "alice", 1))
        people = People(infloo, alice, brand=stack.enter_context(visitor(infloo)))
        fetch_user_types(people)
        register(people)
        log_in(people)
        upload_documents(people)
        create_an_event(people)
        join_an_event(people)
        request_a_connection(people)
        answer_a_connection(people)
        write_a_message(people)
        post_a_story(people)
        use_the_rest_of_the_reference(people)
        erik = stack.enter_context(joined(infloo, "erik", 3))
        get_verified(people, stack.enter_context(staff(infloo, "clerk")))
        hear_of_an_event(people, erik)
        write_to_each_other(people)
        see_a_story(people)
        read_what_one_was_told(people)


def holds(answer: Any, documented: Any) -> bool:
    """Whether an answer has all that the document shows; it may have more."""
    if documented == ANYTHING:
        return isinstance(answer, str) and answer != ""
    if isinstance(documented, dict):
        return all(name in answer and holds(answer[name], value) for name, value in documented.items())
    if isinstance(documented, list):
        return all(any(holds(item, wanted) for item in answer) for wanted in documented)
    return bool(answer == documented)


def assert_answer(answer: httpx.Response, status: int, documented: dict[str, Any]) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert holds(body, documented), body
    assert set(body) - {"meta"} == {"message", "data"}


def assert_refusal(answer: httpx.Response, status: int, code: str, documented: dict[str, Any]) -> None:
    """The document's errors are of several kinds; the contract has one for all."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert holds(body, documented), body
    assert set(body) == {"error", "detail", "code", "status_code"} | ({"details"} if status == 400 else set())
    assert (body["code"], body["status_code"]) == (code, status)


# The nine steps


def fetch_user_types(people: People) -> None:
    documented = [{"id": 1, "name": "Influencer", "slug": "influencer"}, {"id": 2, "name": "Brand", "slug": "brand"}]

    answer = people.brand.get("/api/v1/user-types")

    assert_answer(answer, 200, {"message": "User types retrieved successfully.", "data": documented})


def register(people: People) -> None:
    account = {"id": 2, "username": "brand1", "email": "brand@infloo.in", "role": "brand", "is_active": True}

    answer = people.brand.post("/api/v1/users/auth/register/", json=REGISTRATION)
    again = people.brand.post(
        "/api/v1/users/auth/register/", json=REGISTRATION | {"email": "b@infloo.in", "password": "Se@1"}
    )

    assert_answer(answer, 201, {"message": "Registration successful.", "data": account})
    assert answer.json()["data"] == account
    details = {
        "username": ["A user with that username already exists."],
        # In Django's own words.
        "password": ["This password is too short. It must contain at least 8 characters."],
    }
    assert_refusal(again, 400, "username_taken", {"error": "Validation Error", "details": details})


def log_in(people: People) -> None:
    path, name = "/api/v1/users/auth/login", REGISTRATION["username"]

    wrong = people.brand.post(path, json={"username": name, "password": "Secret@124"})
    answer = people.brand.post(path, json={"username": name, "password": REGISTRATION["password"]})

    assert_refusal(wrong, 401, "bad_credentials", {"detail": "No active account found with the given credentials"})
    assert_answer(answer, 200, {"message": "Login successful.", "data": {"access": ANYTHING, "refresh": ANYTHING}})
    people.brand.headers["Authorization"] = f"Bearer {answer.json()['data']['access']}"


def upload_documents(people: People) -> None:
    path, paper = "/api/v1/users/verify/", {"file": ("licence.pdf", PDF)}
    document = {"id": 1, "user": 2, "type": "business", "status": "pending"}

    answer = people.brand.post(path, data={"type": "business"}, files=paper)
    anonymous = people.brand.post(path, data={"type": "business"}, files=paper, headers={"Authorization": ""})
    passport = people.brand.post(path, data={"type": "identity"}, files={"file": ("passport.png", picture())})

    assert_answer(answer, 201, {"message": "Document uploaded successfully.", "data": document})
    assert answer.json()["data"] == document
    assert_refusal(anonymous, 401, "not_authenticated", {"detail": "Authentication credentials were not provided."})
    assert data_of(passport, 201)["type"] == "identity"


def create_an_event(people: People) -> None:
    event = {"id": 1, "title": "Summer Launch", "host": {"username": "brand1"}}

    answer = people.brand.post("/api/v1/events/", json=EVENT)
    refused = people.alice.post("/api/v1/events/", json=EVENT)

    assert_answer(answer, 201, {"message": "Event created successfully.", "data": event})
    assert_refusal(refused, 403, "permission_denied", {"detail": "You do not have permission to perform this action."})


def join_an_event(people: People) -> None:
    joined = {"id": 1, "status": "interested"}

    answer = people.alice.post("/api/v1/events/1/join/", json={"status": "interested"})
    refused = people.brand.post("/api/v1/events/1/join/", json={"status": "interested"})

    assert_answer(answer, 200, {"message": "You have joined the event successfully.", "data": joined})
    assert answer.json()["data"] == joined
    assert_refusal(refused, 403, "permission_denied", {"error": "Brands cannot join events."})


def request_a_connection(people: People) -> None:
    path, sent = "/api/v1/connections/request/", "Connection request sent successfully."

    answer = people.alice.post(path, json={"receiver_id": 2})
    again = people.alice.post(path, json={"receiver_id": 2})

    assert_answer(answer, 201, {"message": sent, "data": {"status": "pending"}})
    details = {"non_field_errors": ["Connection request already sent."]}
    assert_refusal(again, 400, "request_already_sent", {"error": "Validation Error", "details": details})


def answer_a_connection(people: People) -> None:
    [request] = data_of(people.brand.get("/api/v1/connections"))
    path = f"/api/v1/connections/{request['id']}/action/"

    own = people.alice.patch(path, json={"status": "accepted"})
    answer = people.brand.patch(path, json={"status": "accepted"})
    unknown = people.brand.patch("/api/v1/connections/999/action/", json={"status": "accepted"})

    assert_answer(answer, 200, {"message": "Request accepted successfully.", "data": {"status": "accepted"}})
    for refused in (own, unknown):
        assert_refusal(refused, 404, "not_found", {"detail": "Not found."})


def write_a_message(people: People) -> None:
    answer = people.alice.post("/api/v1/chat/", json={"receiver_id": 2, "content": "Hello"})
    refused = people.alice.post("/api/v1/chat/", json={"content": "Hello"})

    assert_answer(answer, 201, {"message": "Message sent.", "data": {"content": "Hello", "timestamp": ANYTHING}})
    details = {"receiver_id": ["This field is required."]}
    assert_refusal(refused, 400, "validation_error", {"error": "Validation Error", "details": details})


def post_a_story(people: People) -> None:
    path, caption = "/api/v1/stories/", {"caption": "Morning Coffee"}

    answer = people.brand.post(path, data=caption, files={"content_file": ("coffee.jpg", photo())})
    refused = people.brand.post(path, data=caption)

    story = {"id": 1, "expires_at": ANYTHING}
    assert_answer(answer, 201, {"message": "Story created successfully.", "data": story})
    details = {"content_file": ["No file was submitted."]}
    assert_refusal(refused, 400, "validation_error", {"error": "Validation Error", "details": details})


def use_the_rest_of_the_reference(people: People) -> None:
    """What the document only lists."""
    brand, alice = people.brand, people.alice
    assert data_of(brand.get("/api/v1/users/profile"))["username"] == "brand1"
    assert data_of(brand.patch("/api/v1/users/profile", json={"bio": "We launch."}))["bio"] == "We launch."
    assert data_of(alice.get("/api/v1/users/profile/brand1"))["connection"] == "accepted"

    assert [event["my_status"] for event in data_of(alice.get("/api/v1/events"))] == ["interested"]
    assert data_of(alice.get("/api/v1/events/1"))["attendees_count"] == 0
    assert_refusal(alice.get("/api/v1/events/999"), 404, "not_found", {"detail": "Not found."})
    moved = brand.put("/api/v1/events/1", json=EVENT | {"location": "Boston, MA"})
    assert data_of(moved)["location"] == "Boston, MA"
    wait_for(alice, "Summer Launch has a new date or place.")
    assert brand.delete("/api/v1/events/1").status_code == 204
    wait_for(alice, "Summer Launch was cancelled.")

    assert [row["status"] for row in data_of(alice.get("/api/v1/connections"))] == ["accepted"]
    assert [message["content"] for message in data_of(brand.get("/api/v1/chat"))] == ["Hello"]
    film = data_of(alice.post("/api/v1/stories/", files={"content_file": ("clip.mp4", FILM)}), 201)
    assert [story["id"] for story in data_of(brand.get("/api/v1/stories"))] == [film["id"]]
    assert alice.delete(f"/api/v1/stories/{film['id']}").status_code == 204
    assert data_of(brand.get("/api/v1/stories")) == []

    assert "Welcome to Infloo!" in told(brand)
    assert brand.post("/api/v1/notifications/read").json()["data"]["updated"] == len(told(brand))


# And then on


def get_verified(people: People, console: httpx.Client) -> None:
    review = "/admin/work/documents/1/"
    link = re.search(r'"(/api/v1/files/document/\d+\?sig=[^"]+)"', console.get(review).text)
    assert link, "the page shows no document"
    assert httpx.get(f"{people.infloo.url}{link[1]}").content == PDF

    submit(console, review, do="decide", decision="approve", reason="")

    assert data_of(people.brand.get("/api/v1/users/profile"))["is_verified"] is True
    assert told(people.brand, is_read="false") == ["Your business document was approved."]


def hear_of_an_event(people: People, erik: httpx.Client) -> None:
    """One place, which goes from one to the other; the worker tells everybody whom it concerns."""
    connect(erik, people.brand)
    connect(people.alice, erik)
    path = f"/api/v1/events/{data_of(people.brand.post('/api/v1/events/', json=EVENT | {'capacity': 1}), 201)['id']}"
    for person in (people.alice, erik):
        wait_for(person, "brand1 is hosting a new event: Summer Launch")

    going = {"status": "going"}
    assert data_of(people.alice.post(f"{path}/join/", json=going))["status"] == "going"
    assert data_of(erik.post(f"{path}/join/", json=going))["status"] == "waitlisted"
    wait_for(erik, "alice is going to Summer Launch")

    assert people.alice.delete(f"{path}/join/").status_code == 204
    wait_for(erik, "You are now going to Summer Launch")
    wait_for(people.alice, "erik is going to Summer Launch")
    assert "SUMMARY:Summer Launch" in people.alice.get(f"{path}/calendar.ics").text


def write_to_each_other(people: People) -> None:
    alice, brand = people.alice, people.brand
    files = [("attachments", (name, content)) for name, content in (("me.jpg", photo()), ("offer.pdf", PDF))]
    sent = data_of(alice.post("/api/v1/chat/", data={"receiver_id": "2", "content": "Look"}, files=files), 201)
    assert [(row["name"], row["content_type"]) for row in sent["attachments"]] == [
        ("me.jpg", "image/jpeg"),
        ("offer.pdf", "application/pdf"),
    ]
    [conversation] = data_of(brand.get("/api/v1/chat/conversations"))
    assert (conversation["other_user"]["username"], conversation["unread_count"]) == ("alice", 2)
    [notice] = data_of(brand.get("/api/v1/notifications?type=message_received&is_read=false"))
    assert notice["message"] == "Influencer alice sent you a message"

    received = data_of(brand.get("/api/v1/chat?user_id=1"))
    assert [message["is_read"] for message in received] == [False, False]
    jpeg, paper = (httpx.get(row["url"]).content for row in received[1]["attachments"])
    assert jpeg.startswith(b"\xff\xd8")
    assert not says_where(jpeg)
    assert paper == PDF

    assert data_of(brand.post("/api/v1/chat/read", json={"user_id": 1})) == {"updated": 2}
    assert [message["is_read"] for message in data_of(alice.get("/api/v1/chat?user_id=2"))] == [True, True]
    assert data_of(brand.get("/api/v1/notifications?type=message_received&is_read=false")) == []
    film = [("attachments", ("clip.mp4", FILM))]
    data_of(brand.post("/api/v1/chat/", data={"receiver_id": "1"}, files=film), 201)
    [message] = data_of(alice.get("/api/v1/chat?user_id=2&limit=1"))
    assert httpx.get(message["attachments"][0]["url"]).content == FILM


def see_a_story(people: People) -> None:
    [story] = data_of(people.alice.get("/api/v1/stories"))
    assert (story["user"], story["caption"], story["seen"]) == ("brand1", "Morning Coffee", False)
    part = httpx.get(story["content_url"], headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, b"\xff\xd8")
    assert says_where(photo())
    assert not says_where(httpx.get(story["content_url"]).content)
    for path in people.infloo.files():
        assert b"SpyCam" not in path.read_bytes(), path

    assert people.alice.post("/api/v1/stories/1/view").status_code == 204
    assert people.alice.post("/api/v1/stories/1/view").status_code == 204
    assert [story["seen"] for story in data_of(people.alice.get("/api/v1/stories"))] == [True]
    assert [story["views_count"] for story in data_of(people.brand.get("/api/v1/stories/my_stories"))] == [1]


def read_what_one_was_told(people: People) -> None:
    alice = people.alice
    unread = data_of(alice.get("/api/v1/notifications/unread-count"))["unread_count"]
    [newest, *_] = data_of(alice.get("/api/v1/notifications?is_read=false"))
    assert data_of(alice.patch(f"/api/v1/notifications/{newest['id']}/read"))["is_read"] is True

    answer = alice.post("/api/v1/notifications/read")

    assert answer.json()["message"] == f"marked {unread - 1} notifications as read"
    assert data_of(alice.get("/api/v1/notifications/unread-count")) == {"unread_count": 0}
