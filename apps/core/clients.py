"""Who is calling, as far as the network tells."""

from dataclasses import dataclass
from ipaddress import ip_address

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
    while hops and is_trusted(address):
        address = hops.pop()
    return address


def is_trusted(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def client_of(request: HttpRequest) -> Client:
    return Client(address=client_address(request), user_agent=request.headers.get("User-Agent", "")[:255])
