"""Who is calling, as far as the network tells."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class Client:
    address: str
    user_agent: str


def client_address(request: HttpRequest) -> str:
    """The caller's address; each hop of X-Forwarded-For is believed only if a trusted proxy reports it."""
    address: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and is_trusted(address) and read_address(hops[-1]):
        address = hops.pop()
    return address


def is_trusted(address: str) -> bool:
    if not address:  # who calls over a unix socket has none
        return bool(settings.TRUSTED_SOCKET)
    ip = read_address(address)
    return ip is not None and any(ip in network for network in settings.TRUSTED_PROXIES)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; a server that listens on IPv6 reports IPv4 callers as ::ffff:1.2.3.4."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip


def client_of(request: HttpRequest) -> Client:
    return Client(address=client_address(request), user_agent=request.headers.get("User-Agent", "")[:255])
