"""Who is calling, as far as the network tells."""

import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)

caller_address: ContextVar[str | None] = ContextVar("caller_address", default=None)
"""Of the request that is being answered."""

WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
"""How a proxy may write a hop: [2001:db8::1]:443, [2001:db8::1] or 203.0.113.7:5555."""


@dataclass(frozen=True)
class Client:
    address: str
    user_agent: str

    @property
    def network(self) -> str:
        return network_of(self.address)


def client_address(request: HttpRequest) -> str:
    """The caller's address; each hop of X-Forwarded-For is believed only if a trusted proxy reports it."""
    address: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and is_trusted(address) and (hop := read_hop(hops.pop())):
        address = str(hop)
    return str(read_address(address) or address)


def is_trusted(address: str) -> bool:
    if not address:  # who calls over a unix socket has none
        return bool(settings.TRUSTED_SOCKET)
    ip = read_address(address)
    return ip is not None and any(ip in network for network in settings.TRUSTED_PROXIES)


def read_hop(text: str) -> IPv4Address | IPv6Address | None:
    """The address in one hop of X-Forwarded-For, which may be in quotes, in brackets, and have a port."""
    text = text.removeprefix('"').removesuffix('"')
    match = WITH_PORT.fullmatch(text)
    return read_address((match[1] or match[2]) if match else text)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; a server that listens on IPv6 reports IPv4 callers as ::ffff:1.2.3.4."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    # Made anew, it is without the name of an interface (fe80::1%eth0), which no database takes.
    return (ip.ipv4_mapped or IPv6Address(int(ip))) if isinstance(ip, IPv6Address) else ip


def network_of(address: str) -> str:
    """What `address` is counted as: itself, or the /64 of an IPv6 address, which one caller has for themselves."""
    ip = read_address(address)
    return str(ip_network((ip, 64), strict=False)) if isinstance(ip, IPv6Address) else str(ip or address)


def client_of(request: HttpRequest) -> Client:
    return Client(address=client_address(request), user_agent=request.headers.get("User-Agent", "")[:255])


class ProxyWatch:
    """Warns once, if all callers seem to come from a proxy that TRUSTED_PROXIES does not name.

    They would share one count for every limit. The sign: one address inside the network brings the words of
    X-Forwarded-For for different callers, and no other address does.
    """

    def __init__(self) -> None:
        self.seen: tuple[str, str] | None = None
        self.is_over = False

    def look(self, request: HttpRequest) -> None:
        forwarded = request.headers.get("X-Forwarded-For")
        if self.is_over or forwarded is None or settings.TRUSTED_PROXIES or settings.TRUSTED_SOCKET:
            return
        address: str = request.META.get("REMOTE_ADDR", "")
        if self.seen is None:
            self.seen = address, forwarded
        if address != self.seen[0] or not is_inside(address):
            self.is_over = True
        elif forwarded != self.seen[1]:
            self.is_over = True
            logger.warning(
                "TRUSTED_PROXIES is empty, but every caller comes from %s with X-Forwarded-For: if that is your proxy,"
                " name it there, or all callers share one count of every limit",
                address or "a unix socket",
            )


def is_inside(address: str) -> bool:
    """Whether it is no address of the internet; who calls over a unix socket has none."""
    ip = read_address(address)
    return ip is None or not ip.is_global


proxy_watch = ProxyWatch()
