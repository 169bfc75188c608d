"""E-mail addresses as they are kept and compared."""

import idna

MAX_ADDRESS = 254


def ascii_address(address: str) -> str:
    """With its domain in lower-case ASCII: `ann@MÜNCHEN.de` is `ann@xn--mnchen-3ya.de`. ValueError for what is none."""
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return f"{local}{at}{domain.lower()}"


def address_key(address: str) -> str:
    """Equal for addresses that lead to the same account; of what is no address, just in lower case."""
    try:
        return ascii_address(address).lower()
    except ValueError:
        return address.lower()
