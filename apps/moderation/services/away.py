"""Leaving for a while."""

from apps.accounts.credentials import confirm
from apps.accounts.models import Session
from apps.accounts.services import people
from apps.core.http.clients import Client


def deactivate(*, session: Session, password: str, client: Client) -> None:
    """Who is away is hidden everywhere, with what is theirs; nothing is undone, so all of it comes back with them."""
    confirm(session=session, password=password, client=client)
    people.deactivate(user=session.user)
