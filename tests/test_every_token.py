"""Each token opens the one place that it was made for, as it was made; some of them once."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.jobs import build_export
from apps.accounts.models import Document, Export, PasswordReset, User
from apps.accounts.services.exports import request_export
from apps.core.http.links import file_path
from apps.core.mail import unsubscribing
from apps.core.models import OutgoingMail
from apps.events.calendar import feed_url
from apps.events.models import feed_of
from apps.moderation.tokens import make_appeal_token
from tests.accounts.authenticator import code, with_mfa
from tests.client import ApiClient, sign_in
from tests.factories import CaseFactory, DocumentFactory, NotificationFactory, UserFactory

NEW_PASSWORD = "Another@456"


class Place(NamedTuple):
    make: Callable[[User], str]
    """A token for it."""
    takes: Callable[[str], bool]
    works_again: bool


def reactivation(user: User) -> str:
    User.objects.filter(pk=user.pk).update(is_active=False, deactivated_at=timezone.now())
    user.refresh_from_db()
    return tokens.make_reactivation(user)


def second_step(user: User) -> str:
    with_mfa(user)
    return tokens.make_second_step(user)


def unsubscribe(user: User) -> str:
    told = NotificationFactory(receiver=user)
    mail = OutgoingMail.objects.create(kind="notification", user=user, address=user.email, about=told.pk)
    return unsubscribing.link(mail, told.kind_id).partition("token=")[2]


def document(user: User) -> str:
    return file_path("document", DocumentFactory(user=user).pk, user.pk).partition("sig=")[2]


def export(user: User) -> str:
    request_export(user=user)
    made = Export.objects.get(user=user)
    build_export(made.pk)
    return file_path("export", made.pk, user.pk).partition("sig=")[2]


def appeal_token(user: User) -> str:
    return make_appeal_token(CaseFactory(target_owner=user, decided=True).pk, user.pk)


def submit_appeal(token: str) -> HttpResponse:
    return Client().post(f"/appeal?token={token}", {"token": token, "text": "It was not me."})


def post(path: str, body: dict[str, str]) -> bool:
    return ApiClient().post(path, body).status_code == 200


def get(path: str) -> bool:
    return ApiClient().get(path).status_code == 200


def get_profile(token: str) -> bool:
    return ApiClient().get("/users/profile", authorization=f"Bearer {token}").status_code == 200


def log_in(token: str) -> bool:
    return Client().post("/login/code/", {"token": token, "otp": code()}).headers.get("Location") == "/"


def get_file(kind: str, model: type[Model], token: str) -> bool:
    """The last one that there is."""
    return get(f"/files/{kind}/{model._default_manager.latest('pk').pk}?sig={token}")


PLACES = {
    "access": Place(lambda user: sign_in(user).access, get_profile, True),
    "stream": Place(lambda user: sign_in(user).access, lambda token: get(f"/stream/poll?token={token}"), True),
    "refresh": Place(
        lambda user: sign_in(user).refresh, lambda token: post("/users/auth/refresh", {"refresh": token}), True
    ),
    "verify-email": Place(
        lambda user: tokens.make_verification(user.pk, user.email),
        lambda token: post("/users/auth/verify-email", {"token": token}),
        True,
    ),
    "reset-password": Place(
        lambda user: PasswordReset.objects.begin(user_id=user.pk, address=user.email).token,
        lambda token: post("/users/auth/reset-password", {"token": token, "password": NEW_PASSWORD}),
        False,
    ),
    "reactivate": Place(reactivation, lambda token: post("/users/reactivate", {"token": token}), False),
    "second step": Place(second_step, log_in, False),
    "unsubscribe": Place(
        unsubscribe, lambda token: Client().post(f"/unsubscribe?token={token}").status_code == 200, False
    ),
    "appeal": Place(appeal_token, lambda token: "Thank you" in submit_appeal(token).content.decode(), False),
    "document": Place(document, lambda token: get_file("document", Document, token), True),
    "export": Place(export, lambda token: get_file("export", Export, token), True),
    "calendar": Place(
        lambda user: feed_url(feed_of(user)).partition("token=")[2],
        lambda token: get(f"/events/calendar.ics?token={token}"),
        True,
    ),
}
SAME = {("access", "stream"), ("stream", "access")}
"""A stream takes an access token, which a browser cannot send as a header there."""


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_its_own_token_opens_it(db, place):
    token = place.make(UserFactory())

    assert place.takes(token)
    assert place.takes(token) == place.works_again


@pytest.mark.parametrize("name", PLACES)
def test_no_token_that_was_made_for_another_place_does(db, subtests, name):
    DocumentFactory()
    export(UserFactory())
    for other, place in PLACES.items():
        if other != name and (name, other) not in SAME:
            with subtests.test(other):
                assert not PLACES[name].takes(place.make(UserFactory()))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_no_token_that_was_altered_does(db, subtests, place):
    token = place.make(UserFactory())
    middle = len(token) // 2
    for altered in (
        token[:-2],
        f"{token}x",
        token[:middle] + ("a" if token[middle] != "a" else "b") + token[middle + 1 :],
    ):
        with subtests.test(altered):
            assert not place.takes(altered)
    assert place.takes(token)
