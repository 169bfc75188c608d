"""Whose address it is: X-Forwarded-For counts only where a trusted proxy says it."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory, override_settings

from apps.core.http.clients import ProxyWatch, client_address, client_of, network_of
from tests.client import ApiClient

GARBAGE = [
    "198.51.100.1:port",
    "198.51.100.1:",
    "198.51.100.1:123456",
    "[198.51.100.1",
    "2001:db8::7]:443",
    "[]:443",
    "[[2001:db8::7]]",
    "198.51.100.1:١",
    "198.51.100.1 198.51.100.2",
]


def address(settings, remote, forwarded=None, trusted=("10.0.0.0/8", "fd00::/8")):
    settings.TRUSTED_PROXIES = [ip_network(network) for network in trusted]
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # a stranger's word
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the caller made up the first
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),  # two proxies
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, _hidden", "10.0.0.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
        ("::ffff:203.0.113.5", None, "203.0.113.5"),
        ("fe80::1%eth0", None, "fe80::1"),
        # With ports, brackets and quotes.
        ("10.0.0.1", "198.51.100.1:5555", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1:5555, 10.0.0.2:80", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7], [fd00::2]:80", "2001:db8::7"),
        ("10.0.0.1", '"[2001:db8::7]:443"', "2001:db8::7"),
        ("10.0.0.1", '"198.51.100.1:5555"', "198.51.100.1"),
        ("10.0.0.1", "[::ffff:198.51.100.1]:443", "198.51.100.1"),
        ("203.0.113.5", "198.51.100.1:5555", "203.0.113.5"),
        *[("10.0.0.1", f"1.1.1.1, {garbage}", "10.0.0.1") for garbage in GARBAGE],
    ],
)
def test_whom_a_chain_of_proxies_names(settings, remote, forwarded, expected):
    assert address(settings, remote, forwarded) == expected


def test_by_default_no_proxy_is_trusted(settings):
    assert address(settings, "127.0.0.1", "198.51.100.1", trusted=()) == "127.0.0.1"


@pytest.mark.parametrize(("trusted", "expected"), [(True, "198.51.100.1"), (False, "")])
def test_a_proxy_on_a_unix_socket_has_no_address(settings, trusted, expected):
    settings.TRUSTED_SOCKET = trusted

    assert address(settings, "", "1.1.1.1, 198.51.100.1") == expected


def test_a_long_user_agent_is_cut():
    request = RequestFactory().get("/", headers={"User-Agent": "x" * 1000})

    assert len(client_of(request).user_agent) == 255


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_address_counts_as_its_64(address, network):
    assert network_of(address) == network


CALLERS = ["198.51.100.1", "198.51.100.2", "198.51.100.3"]


def said(caplog, calls, **trusted):
    """What the log says once these callers have come: each an address, and what it said of others."""
    with override_settings(**trusted):
        watch = ProxyWatch()
        for remote, forwarded in calls:
            headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
            watch.look(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))
    return caplog.messages


@pytest.mark.parametrize(
    ("remote", "named"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("10.0.0.1", "10.0.0.1"), ("fd00::1", "fd00::1"), ("", "unix socket")],
)
def test_a_proxy_that_nobody_has_named_is_warned_of_once(caplog, remote, named):
    [warning] = said(caplog, [(remote, caller) for caller in CALLERS])

    assert "TRUSTED_PROXIES" in warning
    assert named in warning


@pytest.mark.parametrize(
    ("calls", "trusted"),
    [
        ([("127.0.0.1", caller) for caller in CALLERS], {"TRUSTED_PROXIES": [ip_network("127.0.0.1/32")]}),
        ([("", caller) for caller in CALLERS], {"TRUSTED_SOCKET": True}),
        ([("8.8.8.8", caller) for caller in CALLERS], {}),
        ([(f"10.0.0.{caller[-1]}", caller) for caller in CALLERS], {}),
        ([("127.0.0.1", None) for _ in CALLERS], {}),
        ([("127.0.0.1", CALLERS[0]) for _ in CALLERS], {}),
    ],
    ids=["named", "socket named", "from the internet", "each an address", "no proxy", "one caller"],
)
def test_nothing_is_said_where_callers_are_told_apart(caplog, calls, trusted):
    assert said(caplog, calls, **trusted) == []


def test_requests_are_watched(caplog, monkeypatch):
    monkeypatch.setattr("apps.core.http.middleware.proxy_watch", ProxyWatch())

    for caller in CALLERS:
        ApiClient().get("/health", x_forwarded_for=caller)

    assert caplog.text.count("TRUSTED_PROXIES is empty") == 1
