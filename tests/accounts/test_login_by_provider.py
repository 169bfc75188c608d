import json
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import ExchangedCode, LinkedLogin, ReservedUsername, Session, User
from apps.accounts.services.sessions import prune_sessions
from apps.accounts.tokens import make_reactivation
from apps.core.models import OutgoingMail
from apps.core.site_settings import site_settings
from tests.accounts.authenticator import code, with_mfa, wrong_code
from tests.accounts.mailbox import subjects
from tests.accounts.providers import NAMES, Person, challenge_of
from tests.accounts.test_get_profile import OWN_KEYS
from tests.client import ApiClient, sign_in
from tests.factories import PASSWORD, LinkedLoginFactory, UserFactory
from tests.races import together

URL = "/users/auth/oauth"
OURS = "http://127.0.0.1:8000/oauth/callback"
NEW = {"role": "influencer", "country": "ES", "email": "typed@example.com"}
TELLS_ADDRESS = {"google": True, "github": True, "facebook": False, "instagram": False, "tiktok": False}
"""Which of them verify an address."""


def login(provider, /, **sent):
    return ApiClient().post(URL, {"provider": provider, **sent})


def by_code(providers, provider, /, **sent):
    return login(provider, code=providers.code(provider), redirect_uri=OURS, **sent)


def by_token(providers, provider, /, **sent):
    return login(provider, access_token=providers.token(f"{provider}-web"), **sent)


@pytest.fixture
def ann(db):
    """Whose address the providers have verified too."""
    return UserFactory(username="ann", email="ann@example.com", email_verified=True)


# Somebody new


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.usefixtures("db")
def test_a_code_makes_an_account_and_then_signs_in_to_it(providers, provider):
    joined, back = by_code(providers, provider, **NEW), by_code(providers, provider)

    assert (joined.status_code, joined.json()["message"]) == (201, "New user created")
    assert (back.status_code, back.json()["message"]) == (200, "Login successful.")
    assert set(joined.json()["data"]) == {"access", "refresh", "token_type", "expires_in", "user"}
    user = back.json()["data"]["user"]
    assert set(user) == OWN_KEYS
    is_known = TELLS_ADDRESS[provider]
    assert user["email_verified"] is is_known
    assert user["email"] == ("ann@example.com" if is_known else "typed@example.com")
    assert (user["role"], user["country"], User.objects.count()) == ("influencer", "ES", 1)
    assert not User.objects.get().has_usable_password()
    assert OutgoingMail.objects.filter(kind="verify_email").exists() is not is_known


@pytest.mark.parametrize("provider", ["google", "github", "facebook"])
@pytest.mark.parametrize("field", ["access_token", "token"])
@pytest.mark.usefixtures("db")
def test_an_access_token_does_where_the_provider_tells_for_whom_it_is(providers, provider, field):
    token = providers.token(f"{provider}-web")

    assert login(provider, **{field: token}, **NEW).status_code == 201
    assert login(provider, **{field: token}).status_code == 200


@pytest.mark.parametrize("provider", ["google", "facebook"])
@pytest.mark.usefixtures("db")
def test_an_id_token_does_for_each_of_our_apps(providers, provider):
    made = [
        login(provider, id_token=providers.id_token(provider, aud=f"{provider}-{app}"), **NEW) for app in ("web", "app")
    ]

    assert [answer.status_code for answer in made] == [201, 200]


@pytest.mark.usefixtures("db")
def test_a_name_is_made_of_what_the_provider_calls_them(providers):
    UserFactory(username="ann.lee")
    named = by_token(providers, "google", **NEW).json()["data"]["user"]
    assert (named["first_name"], named["last_name"]) == ("Ann", "Lee")
    assert named["username"].startswith("ann.lee.")

    providers.person = Person("2", handle="Zoë ☀ Ünal", email="zoe@example.com")
    assert by_code(providers, "github", **NEW).json()["data"]["user"]["username"] == "zoe.unal"
    providers.person = Person("3", handle="admin", email="admin@example.com")
    assert by_code(providers, "github", **NEW).json()["data"]["user"]["username"] == "member"


@pytest.mark.usefixtures("db")
def test_nobody_gets_the_name_of_somebody_who_was_erased(providers):
    ReservedUsername.objects.reserve("ann.lee")

    assert by_token(providers, "google", **NEW).json()["data"]["user"]["username"].startswith("ann.lee.")


@pytest.mark.usefixtures("db")
def test_a_new_account_accepts_the_terms_in_force(providers):
    by_token(providers, "google", **NEW)

    user = User.objects.get()
    assert (user.terms_version, user.terms_accepted_at is None) == (site_settings().terms_version, False)


@pytest.mark.usefixtures("db")
def test_instagram_tells_its_reach_anew_with_each_login(providers):
    def platforms(answer):
        return answer.json()["data"]["user"]["platforms"]

    row = {"platform": "instagram", "handle": "ann", "engagement_rate": None, "source": "provider"}
    assert platforms(by_code(providers, "instagram", **NEW)) == [row | {"followers": 50_000}]

    providers.person.followers = 60_000
    assert platforms(by_code(providers, "instagram")) == [row | {"followers": 60_000}]


@pytest.mark.usefixtures("db")
def test_what_a_new_account_lacks_may_be_sent_with_the_same_code(providers):
    sent = {"code": providers.code("tiktok"), "redirect_uri": OURS}

    lacking = login("tiktok", **sent)
    assert (lacking.status_code, lacking.json()["details"].keys()) == (400, {"role", "email"})
    assert login("tiktok", **sent, email="a@example.com", role="staff").json()["details"].keys() == {"role"}
    assert login("tiktok", **sent, email="a@example.com", user_type="CREATOR").status_code == 201
    assert providers.asked.count("/tiktok/v2/oauth/token/") == 1


@pytest.mark.usefixtures("db")
def test_a_request_that_was_answered_is_not_answered_again(providers):
    sent = {"code": providers.code("google"), "redirect_uri": OURS}
    assert login("google", **sent, **NEW).status_code == 201

    again = login("google", **sent)

    assert (again.status_code, again.json()["code"]) == (400, "provider_refused")


@pytest.mark.usefixtures("db")
def test_after_five_minutes_a_code_is_kept_no_longer(providers):
    sent = {"code": providers.code("google"), "redirect_uri": OURS}
    login("google", **sent)
    ExchangedCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert login("google", **sent, **NEW).json()["code"] == "provider_refused"
    prune_sessions()
    assert not ExchangedCode.objects.exists()


@pytest.mark.usefixtures("db")
def test_what_is_kept_of_a_code_can_be_read_only_with_it(providers):
    sent = providers.code("google")
    login("google", code=sent, redirect_uri=OURS)

    kept = str(ExchangedCode.objects.values().get())

    assert not [word for word in (sent, "ann@example.com", "1001", "Ann") if word in kept]


@pytest.mark.usefixtures("db")
def test_a_code_belongs_to_its_verifier_and_its_address(providers, settings):
    settings.OAUTH_REDIRECT_URIS = [OURS, "infloo://oauth"]
    asked = {"redirect_uri": "infloo://oauth", "code_challenge": challenge_of("verifier")}

    def send(**sent):
        return login("github", code=providers.code("github", **asked), **sent, **NEW).status_code

    assert send(redirect_uri="infloo://oauth") == 400
    assert send(redirect_uri="infloo://oauth", code_verifier="other") == 400
    assert send(redirect_uri=OURS, code_verifier="verifier") == 400
    assert send(redirect_uri="infloo://oauth", code_verifier="verifier") == 201


# What is refused


@pytest.mark.parametrize(
    ("provider", "sent", "field"),
    [
        ("myspace", {"access_token": "x"}, "provider"),
        ("google", {}, "non_field_errors"),
        ("google", {"access_token": "x", "id_token": "y"}, "non_field_errors"),
        ("google", {"code": "x"}, "non_field_errors"),
        ("google", {"access_token": "x", "redirect_uri": OURS}, "non_field_errors"),
        ("google", {"code": "x", "redirect_uri": f"{OURS}/"}, "redirect_uri"),
        ("google", {"code": "x", "redirect_uri": "https://evil.example/oauth/callback"}, "redirect_uri"),
        ("google", {"code": "x", "redirect_uri": OURS}, "non_field_errors"),
        ("github", {"access_token": "x"}, "non_field_errors"),
        ("facebook", {"access_token": "x"}, "non_field_errors"),
        ("instagram", {"access_token": "x"}, "non_field_errors"),
        ("tiktok", {"access_token": "x"}, "non_field_errors"),
        ("github", {"id_token": "x"}, "non_field_errors"),
        ("google", {"id_token": "x"}, "non_field_errors"),
    ],
)
@pytest.mark.usefixtures("db", "providers")
def test_it_refuses(provider, sent, field):
    answer = login(provider, **sent, **NEW)

    assert (answer.status_code, answer.json()["details"].keys()) == (400, {field})
    assert not User.objects.exists()


@pytest.mark.usefixtures("db")
def test_a_provider_that_is_not_configured_is_refused(providers, settings):
    settings.OAUTH_PROVIDERS = {}

    assert by_token(providers, "google").json()["code"] == "provider_not_configured"


@pytest.mark.parametrize("provider", ["google", "github", "facebook"])
@pytest.mark.usefixtures("db")
def test_a_token_for_another_app_is_refused(providers, provider):
    answer = login(provider, access_token=providers.token("somebody-else"), **NEW)

    assert (answer.status_code, answer.json()["code"]) == (400, "provider_refused")


@pytest.mark.usefixtures("providers")
def test_what_providers_refuse_counts_like_a_failed_login(db, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login_failures_per_address": "3/hour"}

    tried = [login("google", access_token="x").status_code for _ in range(4)]

    assert tried == [400, 400, 400, 429]
    assert ApiClient().post("/users/auth/login", {"username": "a", "password": "b"}).status_code == 429


# Somebody who is here already


@pytest.mark.parametrize("provider", NAMES)
def test_an_account_is_found_by_an_address_that_the_provider_has_verified(providers, ann, provider, run_jobs):
    answer = by_code(providers, provider, role="influencer")

    if not TELLS_ADDRESS[provider]:
        assert answer.status_code == 400
        assert set(answer.json()["details"]) == {"email"}
        assert not LinkedLogin.objects.exists()
        return
    assert answer.json()["data"]["user"]["id"] == ann.pk
    assert LinkedLogin.objects.get().user == ann
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)
    run_jobs()
    assert ("ann@example.com", "Another way to sign in") in subjects()


@pytest.mark.parametrize("provider", ["google", "github"])
def test_an_address_that_the_provider_has_not_verified_leads_to_nobody(providers, ann, provider):
    providers.person.is_verified = False

    answer = by_token(providers, provider, role="influencer")

    assert (answer.status_code, answer.json()["code"]) == (400, "email_taken")
    assert not LinkedLogin.objects.exists()


@pytest.mark.usefixtures("ann")
def test_nor_does_an_address_that_somebody_types(providers):
    answer = by_code(providers, "tiktok", role="influencer", email="Ann@Example.com")

    assert (answer.status_code, answer.json()["code"]) == (400, "email_taken")


def test_an_address_that_has_passed_on_to_somebody_else_there_leads_to_nobody(providers, ann):
    LinkedLoginFactory(user=ann, subject="the former owner")

    assert by_token(providers, "google", role="influencer").json()["code"] == "email_taken"


def test_whoever_took_an_address_before_its_owner_came_is_out(providers, db, run_jobs):
    squatter = UserFactory(username="squatter", email="ann@example.com", new_email="squatter@example.com")
    LinkedLoginFactory(user=squatter, provider="tiktok", subject="squatter")
    session = ApiClient(squatter)

    answer = by_token(providers, "google")

    assert (answer.status_code, answer.json()["data"]["user"]["id"]) == (200, squatter.pk)
    assert session.get("/users/profile").status_code == 401
    assert ApiClient().post("/users/auth/login", {"username": "squatter", "password": PASSWORD}).status_code == 401
    squatter.refresh_from_db()
    assert (squatter.email_verified, squatter.new_email, squatter.has_usable_password()) == (True, "", False)
    assert list(squatter.linked_logins.values_list("provider", flat=True)) == ["google"]
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_an_owner_who_is_known_already_keeps_what_they_have(providers, db):
    """Their own address may still be unverified: they linked the login while they were signed in."""
    user = UserFactory(email="ann@example.com")
    LinkedLoginFactory(user=user, subject="1001")

    assert by_token(providers, "google").status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


# With two-step login


def test_a_code_of_the_app_is_asked_for_as_with_a_password(providers, ann):
    with_mfa(ann)
    sent = {"code": providers.code("google"), "redirect_uri": OURS}

    asked = [login("google", **sent), login("google", **sent, otp=""), login("google", **sent, otp=wrong_code())]
    assert [answer.status_code for answer in asked] == [401] * 3
    assert [answer.json()["code"] for answer in asked] == ["otp_required", "otp_required", "otp_invalid"]
    assert not LinkedLogin.objects.exists()

    assert login("google", **sent, otp=code()).json()["data"]["user"]["id"] == ann.pk
    assert providers.asked.count("/google/token") == 1


@pytest.mark.parametrize("provider", ["google", "github", "facebook"])
def test_a_backup_code_does_too_and_a_token_may_be_sent_again(providers, ann, provider):
    [backup, *_] = with_mfa(ann)
    LinkedLoginFactory(user=ann, provider=provider, subject="1001")
    token = providers.token(f"{provider}-web")

    assert login(provider, access_token=token).json()["code"] == "otp_required"
    assert login(provider, access_token=token, otp=backup).status_code == 200


def test_an_account_that_is_taken_over_keeps_its_second_factor(providers, db):
    squatter = UserFactory(email="ann@example.com")
    with_mfa(squatter)

    assert by_token(providers, "google").json()["code"] == "otp_required"
    squatter.refresh_from_db()
    assert squatter.check_password(PASSWORD)

    assert by_token(providers, "google", otp=code()).status_code == 200
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()


def test_who_is_away_may_come_back(providers, ann):
    User.objects.update(is_active=False, deactivated_at=timezone.now())

    away = by_token(providers, "google")
    assert (away.status_code, away.json()["code"]) == (403, "account_deactivated")

    back = ApiClient().post("/users/reactivate", {"token": away.json()["reactivate"]})
    assert back.json()["data"]["user"]["id"] == ann.pk


def test_who_took_an_address_and_is_away_does_not_come_back_to_it(providers, db):
    away = UserFactory(email="ann@example.com", is_active=False, deactivated_at=timezone.now())
    theirs = make_reactivation(away)

    token = by_token(providers, "google").json()["reactivate"]

    assert ApiClient().post("/users/reactivate", {"token": theirs}).status_code == 400
    assert ApiClient().post("/users/reactivate", {"token": token}).status_code == 200
    assert not User.objects.get().has_usable_password()


@pytest.mark.usefixtures("ann")
def test_who_was_switched_off_is_refused(providers):
    User.objects.update(is_active=False)

    answer = by_token(providers, "google")

    assert (answer.status_code, answer.json()["code"]) == (403, "account_inactive")
    assert not LinkedLogin.objects.exists()


@pytest.mark.usefixtures("db")
def test_an_account_without_a_password_gets_one_by_mail(providers, run_jobs):
    by_token(providers, "google", **NEW)

    ApiClient().post("/users/auth/forgot-password", {"email": "ann@example.com"})
    run_jobs()

    assert ("ann@example.com", "Your new password") in subjects()
    assert "token=" in mail.outbox[-1].body


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_account(providers):
    token = providers.token("google-web")

    answers = together(*[lambda: login("google", access_token=token, **NEW)] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert (User.objects.count(), LinkedLogin.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_link_an_account_once(providers):
    UserFactory(email="ann@example.com")
    token = providers.token("google-web")

    answers = together(*[lambda: login("google", access_token=token)] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    assert LinkedLogin.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_code_signs_in_once_however_many_send_it(providers):
    sent = {"code": providers.code("google"), "redirect_uri": OURS}
    login("google", **sent)  # without a role: it is kept

    answers = together(*[lambda: login("google", **sent, **NEW)] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]


# What is written


@pytest.mark.parametrize("provider", NAMES)
def test_no_line_of_the_log_has_a_token_or_a_code(providers, provider, db, caplog):
    caplog.set_level("DEBUG")
    sent = providers.code(provider)
    login(provider, code=sent, redirect_uri=OURS, code_verifier="a-verifier", **NEW)
    login(provider, code=providers.code(provider), redirect_uri=OURS, **NEW)
    login(provider, access_token=(wrong := "a-wrong-token"))
    providers.instead = lambda: (500, {})
    token = providers.token(f"{provider}-web")
    login(provider, access_token=token)

    lines = caplog.text + json.dumps([str(vars(record)) for record in caplog.records])

    secrets = [sent, token, wrong, "a-verifier", f"{provider}-secret", *providers.tokens]
    assert not [secret for secret in secrets if secret in lines]


def test_a_session_shows_where_it_came_from(providers, ann):
    sign_in(ann)
    by_token(providers, "google")

    assert Session.objects.filter(user=ann, revoked_at=None).count() == 2
