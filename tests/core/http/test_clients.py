"""Whose address it is: X-Forwarded-For counts only where a trusted proxy says it."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from apps.core.http.clients import client_address, client_of


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
