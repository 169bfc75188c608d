"""Two people and a member of staff, on the real processes."""

import re
from contextlib import ExitStack, closing

import httpx

from tests.client import PDF
from tests.e2e.conftest import Infloo

STAFF = {"username": "clerk", "password": "Wk-7731-console"}


def join(infloo: Infloo, username: str, user_type_id: int) -> httpx.Client:
    """Register, log in, and speak as this person from then on."""
    client = httpx.Client(base_url=infloo.api, timeout=10)
    form = {"username": username, "email": f"{username}@infloo.in", "password": "Secret@123"}
    registered = client.post("/users/auth/register/", json=form | {"user_type_id": user_type_id, "phone": "1234567890"})
    assert registered.status_code == 201, registered.text
    login = client.post("/users/auth/login", json={"username": username, "password": "Secret@123"})
    assert login.status_code == 200, login.text
    client.headers["Authorization"] = f"Bearer {login.json()['data']['access']}"
    return client


def enter_console(infloo: Infloo) -> httpx.Client:
    infloo.manage(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_USERNAME=STAFF["username"],
        DJANGO_SUPERUSER_EMAIL="clerk@infloo.in",
        DJANGO_SUPERUSER_PASSWORD=STAFF["password"],
    )
    console = httpx.Client(base_url=infloo.url, timeout=10, follow_redirects=True)
    submit(console, "/admin/login/", **STAFF)
    return console


def submit(console: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Fill in the form of a page and send it, as a browser would."""
    page = console.get(path)
    assert page.status_code == 200, page.text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, "the page has no form"
    return console.post(path, data={"csrfmiddlewaretoken": token[1], **fields})


def messages(person: httpx.Client) -> list[str]:
    return [row["message"] for row in person.get("/notifications").json()["data"]]


def test_two_people_meet_and_staff_verify_one_of_them(infloo: Infloo):
    with ExitStack() as stack:
        people = join(infloo, "brand1", 2), join(infloo, "alice", 1), enter_console(infloo)
        walk(*(stack.enter_context(closing(person)) for person in people))


def walk(brand: httpx.Client, alice: httpx.Client, console: httpx.Client) -> None:
    brand_id = brand.get("/users/profile").json()["data"]["id"]

    uploaded = brand.post("/users/verify/", data={"type": "business"}, files={"file": ("licence.pdf", PDF)})
    assert uploaded.status_code == 201, uploaded.text
    assert uploaded.json()["data"] == {"id": 1, "user": brand_id, "type": "business", "status": "pending"}

    review = f"/admin/accounts/document/{uploaded.json()['data']['id']}/review/"
    link = re.search(r'"(/api/v1/files/document/\d+\?sig=[^"]+)"', console.get(review).text)
    assert link, "the page shows no document"
    assert httpx.get(console.base_url.join(link[1])).content == PDF
    assert submit(console, review, decision="approve", reason="").status_code == 200
    assert brand.get("/users/profile").json()["data"]["is_verified"] is True
    assert brand.get("/users/verify").json()["data"][0]["status"] == "approved"

    asked = alice.post("/connections/request/", json={"receiver_id": brand_id})
    assert asked.status_code == 201, asked.text
    answer = brand.patch(f"/connections/{asked.json()['data']['id']}/action/", json={"status": "accepted"})
    assert answer.json() == {"message": "Request accepted successfully.", "data": {"status": "accepted"}}
    assert alice.get("/users/profile/brand1").json()["data"]["connection"] == "accepted"

    told = ["alice wants to follow you.", "Your business document was approved.", "Welcome to Infloo!"]
    assert messages(brand) == told
    assert messages(alice) == ["brand1 accepted your follow request.", "Welcome to Infloo!"]
    assert brand.post("/notifications/read").json()["message"] == "marked 3 notifications as read"
    assert brand.get("/notifications/unread-count").json()["data"] == {"unread_count": 0}
