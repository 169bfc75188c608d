"""The one place where a password is compared, with its limits on guessing."""

from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.errors import RecentLoginRequired, WrongPassword
from apps.accounts.models import KnownAddress, Session, User
from apps.core.http import counters
from apps.core.http.clients import Client
from apps.core.http.errors import Invalid
from apps.core.http.throttling import forgive, guard, hit, refuse_spent

RECENT = timedelta(minutes=15)
BUCKETS = 4096
"""So many counters do all the names share that nobody has, whatever strangers type."""


def check_credentials(*, name: str, password: str, client: Client, is_signed_in: bool = False) -> User | None:
    """The account of this name (or e-mail address) and password, active or not.

    Each attempt on an account counts from an address until a right one starts the count anew. Failures count for the
    address as a whole too, so that nobody tries one password on many accounts, and for the account as a whole, so
    that nobody tries many addresses on it; whoever is signed in, or was from theirs lately, is spared the last.
    """
    refuse_spent("login_failures_per_address", client.network)
    user = User.objects.with_login(name).select_related("user_type").first()
    account = subject_of(user, name)
    is_known = is_signed_in or KnownAddress.objects.knows(user, client)
    if not is_known:
        refuse_spent("login_failures_per_account", account)
    guard("login_failures", account, client.network)
    if not matches(user, password):
        hit("login_failures_per_address", client.network)
        if not is_known:
            hit("login_failures_per_account", account)
        return None
    forgive("login_failures", account, client.network)
    return user


def subject_of(user: User | None, name: str) -> str:
    """As what the failures of an account are counted, under whichever of its names."""
    if user is not None:
        return str(user.pk)
    digest = salted_hmac("names nobody has", name.lower(), algorithm="sha256").digest()
    return f"nobody {int.from_bytes(digest[:8]) % BUCKETS}"


def forget_failures(user: User) -> None:
    """A new password: what was tried before does not count any more, from wherever it came."""
    counters.forget(subject_of(user, user.username))


def matches(user: User | None, password: str) -> bool:
    if user is None:
        User().set_password(password)  # takes as long as comparing one
        return False
    return user.check_password(password)


def confirm(*, session: Session, password: str, client: Client) -> None:
    """Whoever is signed in shows that it is they: by their password or, if they have none, by a login just now."""
    user = session.user
    if not user.has_usable_password():
        if session.created_at < timezone.now() - RECENT:
            raise RecentLoginRequired
    elif not password:
        raise Invalid({"password": ["This field is required."]})
    elif checked := check_credentials(name=user.username, password=password, client=client, is_signed_in=True):
        user.password = checked.password  # perhaps hashed anew
    else:
        raise WrongPassword
