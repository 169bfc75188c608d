"""Readers of the environment: each refuses what it cannot use with a sentence that says what to write."""

import os
import tempfile
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
import limits
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

SWITCH = {"on": True, "true": True, "1": True, "yes": True, "off": False, "false": False, "0": False, "no": False}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def text(name: str, default: str) -> str:
    return os.environ.get(name, default)


def secret(name: str) -> str:
    """A required random string; secrets have no default."""
    value = text(name, "")
    refuse_short(name, value)
    return value


def several_secrets(name: str) -> list[str]:
    """Required random strings, one or more, comma separated."""
    values = several(name, "")
    for value in values or [""]:
        refuse_short(name, value)
    return values


def refuse_short(name: str, value: str) -> None:
    if len(value) < 32:
        raise ImproperlyConfigured(
            f"Set {name} to a random string of at least 32 characters, in the environment or in .env "
            "(`make run` writes one, .env.example shows how to make one)."
        )


def optional_secret(name: str) -> str:
    """A random string, or nothing."""
    return secret(name) if text(name, "") else ""


def whole_number(name: str, default: int, minimum: int = 1, maximum: int = 2**31 - 1) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and minimum <= int(value) <= maximum):
        raise ImproperlyConfigured(f"{name} must be a whole number from {minimum} to {maximum}, not {value!r}.")
    return int(value)


def switch(name: str, default: bool) -> bool:
    value = text(name, "on" if default else "off")
    if value.lower() not in SWITCH:
        raise ImproperlyConfigured(f"{name} must be on or off (or true, false, 1, 0, yes, no), not {value!r}.")
    return SWITCH[value.lower()]


def several(name: str, default: str) -> list[str]:
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def host_names(name: str, default: str) -> list[str]:
    names = several(name, default)
    if not names:
        raise ImproperlyConfigured(f"{name} is empty: name the hosts to answer, comma separated, or remove it.")
    return names


def log_level(name: str, default: str) -> str:
    level = text(name, default)
    if level.upper() not in LOG_LEVELS:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(LOG_LEVELS)}, not {level!r}.")
    return level.upper()


def writable_folder(name: str, default: Path) -> Path:
    """A folder that can be written in; a new one is nobody else's."""
    folder = text(name, str(default))
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Path(folder)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} must be a folder that can be made and written in, not {folder!r} ({error.strerror})."
        ) from error


def url(value: str, *schemes: str) -> SplitResult | None:
    """The parts, if the scheme is one of these and host and port can be read."""
    try:
        parts = urlsplit(value)
        return parts if parts.scheme in schemes and parts.port != 0 else None
    except ValueError:
        return None


def origin(value: str) -> SplitResult | None:
    """The parts of a scheme, a host and perhaps a port, and of nothing else."""
    address = url(value, "http", "https")
    is_whole = address and f"{address.scheme}://{address.netloc}" == value and address.hostname and "@" not in value
    return address if is_whole else None


def public_address(name: str, default: str) -> SplitResult:
    """An origin, for links are made by adding a path."""
    address = origin(text(name, default).rstrip("/"))
    if not address:
        raise ImproperlyConfigured(f"{name} must look like https://infloo.example: a scheme and a host, no path.")
    return address


def origins(name: str) -> list[str]:
    """As browsers send them: in lower case and ASCII."""
    values = [value.rstrip("/").lower() for value in several(name, "")]
    for value in values:
        if not (value.isascii() and origin(value)) or "*" in value:
            raise ImproperlyConfigured(
                f"{name} takes origins such as https://app.example, comma separated: a scheme and a host, no path,"
                f" not {value!r}."
            )
    return values


def database(name: str, default: str) -> dict[str, Any]:
    value = text(name, default)
    try:
        known = value.startswith(("postgres://", "postgresql://", "sqlite:///"))
        found: dict[str, Any] = environ.Env.db_url_config(value) if known else {}
    except ValueError:
        found = {}
    # The processes share it, so it cannot be in memory. The value is not shown: it may hold a password.
    if found.get("NAME") in (None, "", ":memory:"):
        raise ImproperlyConfigured(
            f"{name} must look like postgres://user:password@host:5432/infloo or sqlite:////folder/infloo.sqlite3; "
            "remove it for SQLite in DATA_DIR."
        )
    return found


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings for the server that mails are handed to; none without an address."""
    value = text(name, "")
    if not value:
        return {}
    address = url(value, "smtp", "smtp+tls", "smtp+ssl")
    if not (address and address.hostname):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@mail.example:587 (or smtp+ssl://, or smtp://)."
        )
    found: dict[str, Any] = environ.Env.email_url_config(value)
    return found


def mail_address(name: str, default: str) -> str:
    """An address, perhaps with a name before it: `Infloo <hello@infloo.example>`."""
    value = text(name, "")
    try:
        if value:
            validate_email(parseaddr(value)[1])
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"{name} must look like hello@infloo.example or Infloo <hello@infloo.example>."
        ) from error
    return value or default


def all_or_none(*names: str) -> list[str]:
    """The values of what only makes sense together."""
    values = [text(name, "") for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if 0 < len(missing) < len(names):
        raise ImproperlyConfigured(f"Set {' and '.join(missing)} too, or none of {', '.join(names)}.")
    return values


def web_address(name: str) -> str:
    """A scheme and a host, perhaps with a path, or nothing."""
    value = text(name, "").rstrip("/")
    address = url(value, "http", "https")
    if value and not (address and address.hostname and "@" not in value and not address.query + address.fragment):
        raise ImproperlyConfigured(f"{name} must look like https://s3.example: a scheme and a host, perhaps a path.")
    return value


def oauth_client(provider: str) -> dict[str, Any]:
    """What a provider of logins knows this installation by; nothing where it is not used."""
    ids, secret = all_or_none(f"{provider}_CLIENT_ID", f"{provider}_SECRET")
    client_ids = several(f"{provider}_CLIENT_ID", default="")
    base_url = web_address(f"{provider}_BASE_URL")
    return {"client_ids": client_ids, "secret": secret, "base_url": base_url} if ids else {}


def redis_address(name: str) -> str:
    value = text(name, "")
    address = url(value, "redis", "rediss", "unix")
    if value and not (address and (address.path if address.scheme == "unix" else address.hostname)):
        raise ImproperlyConfigured(
            f"{name} must look like redis://127.0.0.1:6379/0, rediss://host:6379/0 or unix:///folder/redis.sock."
        )
    return value


def request_limit(name: str, default: str) -> str:
    rate = text(name, default)
    try:
        limits.parse(rate)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must look like 60/minute or 10/15 minutes, not {rate}.") from error
    return rate
