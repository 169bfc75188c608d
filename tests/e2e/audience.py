"""People in great number, and much news: what the tests of the live stream run inside an installation."""

import json
import random
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Profile, Session, User, UserType
from apps.accounts.services.people import change_account
from apps.accounts.tokens import Claims, Purpose, make_token, new_token_id
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify
from apps.social.models import Connection
from tests.races import together

HOUR = 3600


def people(prefix: str, count: int, role: str = "influencer") -> list[dict[str, Any]]:
    """So many, each signed in."""
    users = make_users(prefix, count, role)
    Profile.objects.bulk_create(Profile(user=user, search_text=user.username) for user in users)
    expiry = timezone.now() + timedelta(days=1)
    sessions = Session.objects.bulk_create(
        Session(user=user, refresh_id=new_token_id(), expires_at=expiry) for user in users
    )
    return [
        {"id": user.pk, "username": user.username, "session": session.pk, "token": token(user.pk, session.pk)}
        for user, session in zip(users, sessions, strict=True)
    ]


def make_users(prefix: str, count: int, role: str) -> list[User]:
    kind = UserType.objects.get(slug=role)
    names = [f"{prefix}{number}" for number in range(count)]
    rows = (User(username=name, email=f"{name}@infloo.in", password="!", user_type=kind) for name in names)
    return User.objects.bulk_create(rows, batch_size=5000)


def token(user_id: int, session_id: int, seconds: float = HOUR) -> str:
    claims = Claims(user_id, session_id, new_token_id(), time.time() + seconds)
    return make_token(Purpose.ACCESS, claims)


def connect(host_id: int, others: Collection[int]) -> None:
    accepted = Connection.Status.ACCEPTED
    rows = (Connection(sender_id=other, receiver_id=host_id, status=accepted) for other in others)
    Connection.objects.bulk_create(rows, batch_size=5000)


def crowd(prefix: str, host_id: int, count: int) -> None:
    """So many who only listen to the host: their names do not matter."""
    connect(host_id, [user.pk for user in make_users(prefix, count, "influencer")])


def switch_off(user_id: int) -> None:
    """As staff do in the console."""
    user = User.objects.get(pk=user_id)
    user.is_active = False
    change_account(user=user, fields=["is_active"])


def tell(receiver_id: int, writers: int, each: int) -> None:
    """So many writers, at the same time, each in transactions that take their own time; what they tell is numbered."""
    receiver = User.objects.get(pk=receiver_id)

    def write(writer: int) -> None:
        for number in range(each):
            redirect = Redirect(kind="profile", id=writer * 1000 + number, url="/api/v1/users/profile/somebody")
            with transaction.atomic():
                notify(receiver=receiver, code="welcome", actor=None, redirect=redirect)
                time.sleep(random.uniform(0, 0.001))
            time.sleep(random.uniform(0, 0.02))

    together(*[lambda writer=writer: write(writer) for writer in range(writers)])  # type: ignore[misc]


def say(function: Callable[..., object], *arguments: object) -> None:
    print(json.dumps(function(*arguments)))
