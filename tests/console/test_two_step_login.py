"""Two-step login in the console: asked for, set up, and required."""

import re

import pytest
from constance import config
from django.contrib.sessions.models import Session as ConsoleSession
from django.test import Client

from apps.accounts.models import BackupCode, KnownDevice, SecondFactor
from apps.accounts.tokens import make_second_step
from apps.core import site_settings
from tests.accounts.authenticator import code, wait_for_another_code, with_mfa, wrong_code
from tests.console.forms import form_of
from tests.factories import PASSWORD, UserFactory

LOGIN, CODE, PAGE = "/admin/login/", "/admin/login/code/", "/admin/two-step-login/"
PEOPLE = "/admin/accounts/user/"


def first_step(client, name="boss", path=LOGIN):
    return client.post(path, {"username": name, "password": PASSWORD, "next": "/admin/"})


def second_step(client, page, otp):
    return client.post(CODE, form_of(page, "code-form") | {"otp": otp})


# Asked for


def test_after_the_password_it_asks_for_a_code(client, boss):
    with_mfa(boss)

    page = first_step(client)

    assert page.status_code == 200
    assert "Enter a code of your authenticator app" in page.content.decode()
    assert PASSWORD not in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert not ConsoleSession.objects.exists()
    assert not KnownDevice.objects.exists()


@pytest.mark.parametrize("kind", ["code", "backup code"])
def test_a_code_opens_the_console_once(client, boss, kind):
    codes = with_mfa(boss)
    otp = code() if kind == "code" else codes[0]

    entered = second_step(client, first_step(client), otp)

    assert entered.url == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert KnownDevice.objects.filter(user=boss).exists()
    other = Client()
    again = second_step(other, first_step(other), otp)
    assert "This code is wrong, or was used before." in again.content.decode()
    assert other.get("/admin/").status_code == 302


def test_it_leads_to_where_one_wanted_to_go_but_not_elsewhere(client, boss):
    codes = with_mfa(boss)
    wanted = client.post(f"{LOGIN}?next={PEOPLE}", {"username": "boss", "password": PASSWORD})
    elsewhere = Client().post(f"{LOGIN}?next=https://evil.example/", {"username": "boss", "password": PASSWORD})

    assert second_step(client, wanted, codes[0]).url == PEOPLE
    assert second_step(Client(), elsewhere, codes[1]).url == "/admin/"


@pytest.mark.parametrize(
    ("otp", "sentence"), [("", "Enter a code"), ("abc", "This code is wrong"), ("\0", "Null characters")]
)
def test_a_wrong_code_is_refused_and_may_be_tried_again(client, boss, otp, sentence):
    with_mfa(boss)
    page = first_step(client)

    refused = second_step(client, page, otp)

    assert refused.status_code == 200
    assert sentence in refused.content.decode()
    assert second_step(client, refused, code()).status_code == 302


def test_guessing_codes_ends_in_429(client, boss, settings):
    settings.THROTTLES = True
    with_mfa(boss)
    page = first_step(client)

    statuses = [second_step(client, page, wrong_code()).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]
    assert second_step(client, page, code()).status_code == 429


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_without_the_first_step_there_is_no_second(client, boss, token):
    with_mfa(boss)

    assert client.post(CODE, {"token": token, "otp": code()}).status_code == 200
    assert client.get("/admin/").status_code == 302
    assert client.get(CODE).url == LOGIN


def test_a_new_password_makes_the_first_step_worthless(client, boss):
    with_mfa(boss)
    page = first_step(client)
    boss.set_password("Another@456")
    boss.save(update_fields=["password"])

    assert "Invalid or expired token." in second_step(client, page, code()).content.decode()


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_it_lets_nobody_in_who_may_not_enter(client, boss, change):
    with_mfa(boss)
    token = make_second_step(boss)
    type(boss).objects.filter(pk=boss.pk).update(**change)

    page = client.post(CODE, {"token": token, "otp": code()})

    assert "for a staff account" in page.content.decode()
    assert client.get("/admin/").status_code == 302


def test_a_wrong_password_learns_nothing(client, boss):
    with_mfa(boss)

    page = client.post(LOGIN, {"username": "boss", "password": "Wrong@123"})

    assert 'type="password"' in page.content.decode()


# Set up


def press(client, action, **fields):
    return client.post(PAGE, {"action": action, **fields})


def secret_in(page):
    return re.search(r'<code id="secret"[^>]*>([A-Z2-7]+)</code>', page.content.decode())[1]


def codes_in(page):
    return re.findall(r"<code>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</code>", page.content.decode())


def test_one_sets_it_up_renews_the_backup_codes_and_switches_it_off(staff, staff_client):
    assert "Two-step login is off" in staff_client.get(PAGE).content.decode()

    told = press(staff_client, "setup")
    assert "<svg" in told.content.decode()
    mistyped = press(staff_client, "confirm", otp=wrong_code())
    assert "This code is wrong" in mistyped.content.decode()
    assert secret_in(mistyped) == secret_in(told)
    confirmed = press(staff_client, "confirm", otp=code(secret_in(told)))
    assert len(set(codes_in(confirmed))) == 10
    assert "You have 10 backup codes left" in confirmed.content.decode()

    page = staff_client.get(PAGE).content.decode()
    assert codes_in(confirmed)[0] not in page
    assert secret_in(told) not in page

    renewed = codes_in(press(staff_client, "codes", otp=codes_in(confirmed)[0]))
    assert len(set(renewed) - set(codes_in(confirmed))) == 10
    assert "Two-step login is off" in press(staff_client, "disable", otp=renewed[0]).content.decode()
    assert not SecondFactor.objects.filter(user=staff).exists()


@pytest.mark.parametrize(("action", "sentence"), [("setup", "on already"), ("confirm", "on already"), ("nonsense", "")])
def test_what_makes_no_sense_changes_nothing(staff, staff_client, action, sentence):
    with_mfa(staff)

    page = press(staff_client, action, otp="123456")

    assert sentence in page.content.decode()
    assert BackupCode.objects.count() == 10


def test_guessing_there_ends_in_429(staff, staff_client, settings):
    settings.THROTTLES = True
    with_mfa(staff)

    statuses = [press(staff_client, "disable", otp=wrong_code()).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize("who", ["nobody", "member"])
def test_it_is_a_page_for_staff(client, alice, who):
    if who == "member":
        client.force_login(alice)

    assert client.get(PAGE).url == f"{LOGIN}?next={PAGE}"


def test_the_menu_leads_to_it(staff_client):
    page = staff_client.get("/admin/").content.decode()

    assert f'href="{PAGE}"' in page
    assert 'href="/admin/password_change/"' in page


# Required


@pytest.fixture
def _required(db):
    config.require_staff_mfa = True
    site_settings.read.cache_clear()


@pytest.mark.usefixtures("_required")
@pytest.mark.parametrize("path", ["/admin/", PEOPLE, "/admin/password_change/", "/admin/nonsense/"])
def test_staff_without_it_are_led_to_its_page(staff_client, path):
    assert staff_client.get(path).url == PAGE
    assert staff_client.post(path, {"x": "y"}).url == PAGE


@pytest.mark.usefixtures("_required")
def test_nobody_is_locked_out(staff, client):
    assert first_step(client, "sam").url == "/admin/"
    page = client.get("/admin/", follow=True)
    assert "This site asks all staff for two-step login" in page.content.decode()

    press(client, "confirm", otp=code(secret_in(press(client, "setup"))))

    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_who_has_it_goes_on_as_before(staff, staff_client):
    with_mfa(staff)

    assert staff_client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("_required")
def test_everybody_else_finds_what_they_found_before(client, staff_client, alice):
    assert client.get("/admin/").url == f"{LOGIN}?next=/admin/"
    assert client.get(LOGIN).status_code == 200
    assert client.get("/").status_code == 200
    assert staff_client.post("/admin/logout/").status_code == 200
    client.force_login(alice)
    assert client.get("/admin/").url == f"{LOGIN}?next=/admin/"


@pytest.mark.usefixtures("_required")
def test_who_switches_it_off_is_led_back_to_it(staff, staff_client):
    with_mfa(staff)
    press(staff_client, "disable", otp=code())

    assert staff_client.get("/admin/").url == PAGE


# Who has it


def test_the_list_of_people_shows_who_has_it_and_never_the_secret(boss_client, alice):
    with_mfa(alice)
    UserFactory(username="bob")

    def found(value):
        page = boss_client.get(PEOPLE, {"two_step_login": value})
        return {user.username: user.has_mfa for user in page.context["cl"].result_list}

    assert found("on") == {"alice": True}
    assert found("off") == {"boss": False, "bob": False}
    secret = SecondFactor.objects.get().secret
    for path in (PEOPLE, f"{PEOPLE}{alice.pk}/change/"):
        assert secret not in boss_client.get(path).content.decode()


def test_what_waits_to_be_confirmed_does_not_count(boss_client, alice):
    with_mfa(alice)
    SecondFactor.objects.update(confirmed_at=None)

    page = boss_client.get(PEOPLE, {"two_step_login": "on"})

    assert not page.context["cl"].result_list
    wait_for_another_code()
