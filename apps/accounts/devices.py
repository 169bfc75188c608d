"""What the device of a session is called."""

from ua_parser import Domain, Parser, load_lazy_builtins

UNKNOWN_DEVICE = "unknown device"
MAX_DEVICE = 100
SAID_BY_THE_SYSTEM = {"Mobile", "iOS"}
"""Left out of a browser's name: `Chrome Mobile iOS` is Chrome on iOS."""

parser = Parser.from_matchers(load_lazy_builtins())  # each pattern is compiled when it is first asked for


def device_name(user_agent: str) -> str:
    """The browser's family and its system, such as `Firefox on Android`, as far as `User-Agent` tells them."""
    found = parser(user_agent, Domain.USER_AGENT | Domain.OS)
    words = found.user_agent.family.split() if found.user_agent else []
    browser = " ".join(word for word in words if word not in SAID_BY_THE_SYSTEM)
    system = found.os.family if found.os else ""
    return " on ".join(filter(None, [browser, system]))[:MAX_DEVICE] or UNKNOWN_DEVICE


def device_or_unknown(device: str) -> str:
    """Of a session that was opened before devices had names."""
    return device or UNKNOWN_DEVICE
