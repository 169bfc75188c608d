"""Limits on requests; tests run with them off unless they ask for them."""

import time

import pytest
from redis import Connection as RedisConnection

from apps.core.http import throttling
from tests.client import ApiClient, caller_at
from tests.factories import UserFactory

REGISTER = "/users/auth/register"


@pytest.fixture
def limited(settings):
    """Two requests a minute for what is tried here, counted from zero."""
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"connect": "2/minute", "register": "2/minute"}
    throttling.limiter().storage.reset()


def ask(client):
    return client.post("/connections/request", {"receiver_id": UserFactory().pk})


def figures(response):
    return {name: response.get(f"X-RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")}


def test_every_answer_tells_what_is_left(alice_client, limited):
    first, second = ask(alice_client), ask(alice_client)

    assert (first.status_code, second.status_code) == (201, 201)
    assert figures(first) == {"Limit": "2", "Remaining": "1", "Reset": figures(first)["Reset"]}
    assert figures(second)["Remaining"] == "0"
    assert 1 <= int(figures(second)["Reset"]) <= 60


def test_one_too_many_is_429(alice_client, limited):
    for _ in range(2):
        ask(alice_client)

    response = ask(alice_client)

    assert response.status_code == 429
    assert response.json() == {
        "error": "Too many requests. Please try again later.",
        "detail": "Too many requests. Please try again later.",
        "code": "throttled",
        "status_code": 429,
    }
    assert response["Retry-After"] == figures(response)["Reset"]
    assert figures(response)["Remaining"] == "0"


def test_a_refused_shape_counts_too(alice_client, limited):
    for _ in range(2):
        assert alice_client.post("/connections/request", {}).status_code == 400

    assert ask(alice_client).status_code == 429


def test_without_credentials_it_is_401_however_often(db, limited):
    assert {ask(ApiClient()).status_code for _ in range(4)} == {401}


def test_each_person_has_their_own_count(alice_client, limited):
    for _ in range(3):
        ask(alice_client)

    assert ask(ApiClient(UserFactory())).status_code == 201


def test_visitors_are_counted_by_address(db, limited):
    here, elsewhere = ApiClient(), caller_at("10.0.0.2")
    for _ in range(2):
        here.post(REGISTER)

    assert here.post(REGISTER).status_code == 429
    assert elsewhere.post(REGISTER).status_code == 400


def test_visitors_of_one_ipv6_network_are_counted_together(db, limited):
    addresses = ["2001:db8::1", "2001:db8::2:3", "2001:db8::4", "2001:db8:0:1::1"]

    assert [caller_at(address).post(REGISTER).status_code for address in addresses] == [400, 400, 429, 400]


def test_a_forged_address_does_not_help(db, limited):
    for number in range(2):
        ApiClient().post(REGISTER, x_forwarded_for=f"10.0.0.{number}")

    assert ApiClient().post(REGISTER, x_forwarded_for="10.0.0.9").status_code == 429


def test_one_operation_does_not_use_up_another(alice_client, limited):
    for _ in range(3):
        ask(alice_client)

    assert alice_client.post(REGISTER).status_code == 400


def test_operations_without_a_limit_carry_no_figures(alice_client, limited):
    assert set(figures(alice_client.get("/users/profile")).values()) == {None}


def test_switched_off_nothing_is_counted(alice_client, settings, limited):
    settings.THROTTLES = False

    responses = [ask(alice_client) for _ in range(4)]

    assert {response.status_code for response in responses} == {201}
    assert set(figures(responses[0]).values()) == {None}


@pytest.fixture
def tried(alice_client, limited, redis_away, monkeypatch):
    """The connections to Redis, which is away, that alice's requests have tried."""
    tried = []
    connect = RedisConnection.connect
    monkeypatch.setattr(RedisConnection, "connect", lambda self: tried.append(self) or connect(self))
    monkeypatch.setattr(throttling, "REDIS_REST_SECONDS", 3600)
    return tried


def test_counters_that_are_down_let_everybody_pass(alice_client, tried, caplog):
    answers = [ask(alice_client) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {201}
    assert figures(answers[-1])["Remaining"] == "2"
    assert caplog.text.count("the request counters are down") == 1
    assert len(tried) == 1  # and not again for a while


def test_counters_that_are_down_are_tried_again(alice_client, tried, monkeypatch):
    ask(alice_client)
    monkeypatch.setattr(throttling, "redis_rests_until", time.monotonic())
    ask(alice_client)

    assert len(tried) == 2


@pytest.mark.redis
def test_processes_share_their_counts(alice_client, limited):
    for _ in range(2):
        ask(alice_client)
    throttling.limiter.cache_clear()  # another process

    assert ask(alice_client).status_code == 429
