"""A login with a device that was not known is told to the person; an account's first is none."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts.devices import device_name
from apps.accounts.models import KnownDevice, Session, User
from apps.accounts.models import sessions as models
from apps.accounts.tasks import prune_sessions
from apps.notifications.models import Notification
from tests.accounts.mailbox import subjects
from tests.client import ApiClient
from tests.factories import PASSWORD, StaffFactory, UserFactory
from tests.races import together

MOZILLA = "Mozilla/5.0"
WINDOWS = "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "(iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
DEVICES = {
    f"{MOZILLA} (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0": "Firefox on Android",
    f"{MOZILLA} (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0": "Firefox on Ubuntu",
    f"{MOZILLA} {WINDOWS} Chrome/125.0.0.0 Safari/537.36": "Chrome on Windows",
    f"{MOZILLA} {WINDOWS} Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0": "Edge on Windows",
    f"{MOZILLA} {IPHONE} Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iOS",
    f"{MOZILLA} {IPHONE} CriOS/125.0 Mobile/15E148 Safari/604.1": "Chrome on iOS",
    f"{MOZILLA} {IPHONE} FxiOS/126.0 Mobile/15E148 Safari/605.1.15": "Firefox on iOS",
    "curl/8.5.0": "curl",
    "": "unknown device",
    "phone": "unknown device",
    "(a" * 127: "unknown device",
}
FIREFOX, UBUNTU, CHROME = list(DEVICES)[:3]
MESSAGE = "New login from Chrome on Windows. If this was not you, change your password."


def login(user_agent, name="alice", password=PASSWORD):
    return ApiClient().post("/users/auth/login", {"username": name, "password": password}, user_agent=user_agent)


def told(code="new_login"):
    return list(Notification.objects.filter(kind__code=code).order_by("pk").values_list("message", flat=True))


@pytest.mark.parametrize(("user_agent", "device"), DEVICES.items())
def test_a_device_is_called_by_browser_and_system(user_agent, device):
    assert device_name(user_agent) == device


def test_what_a_user_agent_may_call_itself_is_limited():
    assert len(device_name(f"{'My' * 110}Bot/1.0")) <= 100


def test_the_first_device_of_an_account_is_none(alice):
    login(FIREFOX)

    assert told() == []
    assert KnownDevice.objects.get().device == Session.objects.get().device == "Firefox on Android"


def test_another_is_mailed_too(alice, run_jobs):
    login(FIREFOX)
    login(CHROME)
    run_jobs()

    assert subjects() == [(alice.email, "A login from a new device")]
    assert "from a new device, Chrome on Windows, on " in mail.outbox[0].body


def test_another_is_told_to_the_person(alice):
    login(FIREFOX)
    access = login(CHROME).json()["data"]["access"]

    caller = ApiClient()
    (notice,) = caller.get("/notifications", authorization=f"Bearer {access}").json()["data"]
    assert (notice["code"], notice["type"], notice["priority"]) == ("new_login", "system", "high")
    assert (notice["title"], notice["message"], notice["actor"]) == ("New login", MESSAGE, None)
    assert notice["redirect"] == {"kind": "sessions", "id": alice.pk, "url": "/api/v1/users/auth/sessions"}
    devices = caller.get("/users/auth/sessions", authorization=f"Bearer {access}").json()["data"]
    assert [row["device"] for row in devices] == ["Chrome on Windows", "Firefox on Android"]


@pytest.mark.parametrize("again", [FIREFOX, FIREFOX.replace("126.0", "127.0"), CHROME])
def test_a_device_that_is_known_is_told_once(alice, again):
    for user_agent in (FIREFOX, CHROME, again):
        login(user_agent)

    assert told() == [MESSAGE]


def test_a_device_is_known_after_its_sessions_are_gone(alice):
    login(FIREFOX)
    Session.objects.all().delete()

    login(FIREFOX)
    login(CHROME)

    assert told() == [MESSAGE]


def test_who_has_signed_in_before_devices_were_remembered_is_told(alice):
    User.objects.update(last_login=timezone.now() - timedelta(days=90))

    login(CHROME)

    assert told() == [MESSAGE]


@pytest.mark.parametrize("password", ["Wrong@123", PASSWORD])
def test_a_login_that_is_refused_tells_nothing(alice, password):
    login(FIREFOX)
    if password == PASSWORD:
        User.objects.update(is_active=False)

    assert login(CHROME, password=password).status_code in (401, 403)
    assert told() == []
    assert KnownDevice.objects.count() == 1


def test_devices_of_others_are_new(alice):
    UserFactory(username="bob")
    login(FIREFOX)
    login(UBUNTU, "bob")

    login(FIREFOX, "bob")

    assert told() == ["New login from Firefox on Android. If this was not you, change your password."]
    assert Notification.objects.get().receiver.username == "bob"


def test_a_login_to_the_console_is_one_too(db):
    StaffFactory(username="boss")
    for user_agent in (FIREFOX, CHROME, CHROME):
        client = Client(headers={"user-agent": user_agent})
        assert client.post("/admin/login/", {"username": "boss", "password": PASSWORD}).status_code == 302

    assert told() == [MESSAGE]


@pytest.mark.django_db(transaction=True)
def test_logins_at_the_same_moment_tell_once():
    UserFactory(username="alice")
    login(FIREFOX)

    statuses = together(*[lambda: login(CHROME).status_code] * 4)

    assert statuses == [200] * 4
    assert told() == [MESSAGE]


def test_so_many_devices_are_remembered(alice, monkeypatch):
    monkeypatch.setattr(models, "MAX_DEVICES", 2)
    for user_agent in (FIREFOX, CHROME, UBUNTU):
        login(user_agent)

    assert set(KnownDevice.objects.values_list("device", flat=True)) == {"Chrome on Windows", "Firefox on Ubuntu"}


@pytest.mark.parametrize(("days", "kept"), [(364, True), (366, False)])
def test_devices_are_forgotten_after_a_year(alice, days, kept):
    login(FIREFOX)
    KnownDevice.objects.update(last_login_at=timezone.now() - timedelta(days=days))

    prune_sessions()

    assert KnownDevice.objects.exists() is kept
