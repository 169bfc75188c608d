"""A site may ask for the blue tick before anybody acts."""

from datetime import timedelta

import pytest
from constance.test import override_config
from django.utils import timezone

from tests.client import ApiClient, image_file
from tests.factories import EventFactory, UserFactory

EVENT = {"title": "Gala", "date": (timezone.now() + timedelta(days=7)).isoformat(), "location": "Vienna"}


def person(verified):
    return ApiClient(UserFactory(role="entrepreneur", is_verified=verified))


ACTS = {
    "write a message": lambda client: client.post("/chat", {"receiver_id": UserFactory().pk, "content": "Hi"}),
    "post a story": lambda client: client.post("/stories", form={"content_file": image_file()}),
    "host an event": lambda client: client.post("/events", EVENT),
    "join an event": lambda client: client.post(f"/events/{EventFactory().pk}/join", {"status": "going"}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("required", "verified", "allowed"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_who_may_act(db, act, required, verified, allowed):
    with override_config(require_verification=required):
        response = ACTS[act](person(verified))

    assert (response.status_code < 300) == allowed
    assert allowed or (response.status_code, response.json()["code"]) == (403, "verification_required")


@pytest.mark.parametrize("path", ["/events", "/stories", "/users", "/users/profile", "/notifications"])
def test_everybody_reads(db, path):
    with override_config(require_verification=True):
        assert person(verified=False).get(path).status_code == 200
