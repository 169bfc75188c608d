"""The one place where a password is compared, with its limits on guessing."""

from apps.accounts.models import User
from apps.core.clients import Client
from apps.core.throttling import forgive, guard


def check_credentials(*, name: str, password: str, client: Client) -> User | None:
    """The account of this name (or e-mail address) and password, active or not.

    Each attempt counts, per account and address and per address; a right one starts the first count anew.
    """
    account = name.lower()
    guard("login_failures_per_address", client.address)
    guard("login_failures", account, client.address)
    user = User.objects.with_login(name).select_related("user_type").first()
    if user is None:
        User().set_password(password)  # takes as long as comparing one
        return None
    if not user.check_password(password):
        return None
    forgive("login_failures", account, client.address)
    return user
