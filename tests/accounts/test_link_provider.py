import pytest
from django.utils import timezone

from apps.accounts.models import LinkedLogin, User
from tests.accounts.mailbox import subjects
from tests.accounts.providers import NAMES
from tests.accounts.test_login_by_provider import OURS, by_code, by_token
from tests.client import ApiClient
from tests.factories import LinkedLoginFactory, UserFactory
from tests.races import together

URL = "/users/auth/oauth/{}"


def link(client, provider, providers):
    return client.post(URL.format(provider), {"code": providers.code(provider), "redirect_uri": OURS})


def without_password(**fields):
    user = UserFactory(**fields)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return user


@pytest.mark.parametrize("provider", NAMES)
def test_who_links_a_login_signs_in_with_it(providers, alice, alice_client, provider, run_jobs):
    linked = link(alice_client, provider, providers)

    assert linked.status_code == 200
    assert linked.json()["data"].keys() == {"provider", "linked_at"}
    assert linked.json()["data"]["provider"] == provider
    assert by_code(providers, provider).json()["data"]["user"]["id"] == alice.pk
    run_jobs()
    assert (alice.email, "Another way to sign in") in subjects()


def test_it_says_nothing_of_the_address(providers, alice, alice_client):
    """Whoever is signed in may link any account of theirs; only a login by address shows whose that is."""
    link(alice_client, "google", providers)

    alice.refresh_from_db()
    assert (alice.email, alice.email_verified) == ("alice@example.com", False)


def test_linked_twice_it_stays_linked(providers, alice_client):
    first, again = link(alice_client, "google", providers), link(alice_client, "google", providers)

    assert first.json() == again.json()
    assert LinkedLogin.objects.count() == 1


def test_one_login_belongs_to_one_account(providers, alice_client):
    LinkedLoginFactory(subject="1001")

    refused = link(alice_client, "google", providers)

    assert (refused.status_code, refused.json()["code"]) == (400, "linked_elsewhere")


def test_an_account_has_one_login_of_each_provider(providers, alice, alice_client):
    LinkedLoginFactory(user=alice, subject="another")

    refused = link(alice_client, "google", providers)

    assert (refused.status_code, refused.json()["code"]) == (400, "already_linked")


def test_it_takes_the_same_proofs_and_nothing_else(providers, alice_client):
    foreign = alice_client.post(URL.format("google"), {"access_token": providers.token("somebody-else")})
    assert foreign.json()["code"] == "provider_refused"
    assert "role" in alice_client.post(URL.format("google"), {"access_token": "x", "role": "brand"}).json()["details"]
    assert alice_client.post(URL.format("myspace"), {"access_token": "x"}).status_code == 400
    assert alice_client.post(URL.format("GOOGLE"), {"id_token": providers.id_token("google")}).status_code == 200


def test_unlinked_it_signs_in_no_more(providers, alice_client):
    link(alice_client, "tiktok", providers)

    assert alice_client.delete(URL.format("tiktok")).status_code == 204
    assert not LinkedLogin.objects.exists()
    assert by_code(providers, "tiktok").status_code == 400
    assert alice_client.delete(URL.format("tiktok")).status_code == 404


def test_the_last_way_in_stays(db):
    user = without_password()
    LinkedLoginFactory(user=user)
    client = ApiClient(user)

    refused = client.delete(URL.format("google"))
    assert (refused.status_code, refused.json()["code"]) == (400, "last_way_in")
    assert client.delete(URL.format("github")).status_code == 404

    LinkedLoginFactory(user=user, provider="github")
    assert client.delete(URL.format("google")).status_code == 204
    assert client.delete(URL.format("github")).json()["code"] == "last_way_in"


@pytest.mark.django_db(transaction=True)
def test_of_two_that_are_unlinked_at_once_one_stays():
    user = without_password()
    for provider in ("google", "github"):
        LinkedLoginFactory(user=user, provider=provider)
    clients = [ApiClient(user) for _ in range(2)]

    answers = together(
        *[lambda c=c, p=p: c.delete(URL.format(p)) for c, p in zip(clients, ("google", "github"), strict=True)]
    )

    assert sorted(answer.status_code for answer in answers) == [204, 400]
    assert user.linked_logins.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_accounts_that_link_one_login_at_once_leave_one_owner(providers):
    clients = [ApiClient(UserFactory()) for _ in range(2)]
    token = providers.token("google-web")

    answers = together(*[lambda c=c: c.post(URL.format("google"), {"access_token": token}) for c in clients])

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert LinkedLogin.objects.count() == 1


def test_a_new_login_is_new_to_nobody_else(providers, alice_client):
    link(alice_client, "google", providers)
    User.objects.update(is_active=False, deactivated_at=timezone.now())

    assert by_token(providers, "google").json()["code"] == "account_deactivated"
