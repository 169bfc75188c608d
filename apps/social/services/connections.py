"""Asking, answering and ending connections; blocking."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Block, User
from apps.core.http.errors import NotFound
from apps.core.http.links import API
from apps.core.http.throttling import guard
from apps.core.site_settings import site_settings
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify, retract
from apps.social.errors import (
    AlreadyConnected,
    OwnBlock,
    OwnConnection,
    RequestAlreadyReceived,
    RequestAlreadySent,
    RequestCooldown,
    RequestNotPending,
)
from apps.social.models import Connection

CHANGED_BY_REQUEST = ["sender", "receiver", "status", "answered_at", "updated_at"]


def lock_pair(one: User, other: User) -> None:
    """What two people change between themselves happens one after the other, whoever starts."""
    pair = User.objects.filter(pk__in=[one.pk, other.pk]).order_by("pk").select_for_update(no_key=True)
    list(pair.values_list("pk"))


@transaction.atomic
def request_connection(*, sender: User, receiver: User) -> Connection:
    """`receiver` is somebody the sender may see. A pair has one row, which this opens, reopens or turns round."""
    if sender == receiver:
        raise OwnConnection
    lock_pair(sender, receiver)
    if Block.objects.between(sender, receiver).exists():
        raise NotFound
    connection = Connection.objects.between(sender, receiver).first() or Connection()
    if connection.pk:
        refuse_second_request(connection, sender)
    # Withdrawing forgets the row: who asks and withdraws in turn is counted here.
    guard("connect_again", str(sender.pk), str(receiver.pk))
    connection.sender, connection.receiver = sender, receiver
    connection.status, connection.answered_at = Connection.Status.PENDING, None
    connection.save(update_fields=CHANGED_BY_REQUEST if connection.pk else None)
    notify(
        receiver=receiver,
        code="follow_request",
        actor=sender,
        redirect=Redirect(kind="connection", id=connection.pk, url=f"{API}/connections/{connection.pk}"),
        sender=sender.username,
    )
    return connection


def refuse_second_request(connection: Connection, sender: User) -> None:
    asked_before = connection.sender_id == sender.pk
    if connection.status == Connection.Status.ACCEPTED:
        raise AlreadyConnected
    if connection.status == Connection.Status.PENDING:
        raise RequestAlreadySent if asked_before else RequestAlreadyReceived
    patience = timedelta(days=site_settings().request_cooldown_days)
    if asked_before and connection.answered_at and timezone.now() < connection.answered_at + patience:
        raise RequestCooldown


@transaction.atomic
def answer_request(*, connection: Connection, accept: bool) -> None:
    """`connection` comes from `received_by`: for anybody else it does not exist."""
    status = Connection.Status.ACCEPTED if accept else Connection.Status.REJECTED
    now = timezone.now()
    pending = Connection.objects.filter(
        pk=connection.pk, receiver=connection.receiver, status=Connection.Status.PENDING
    )
    if not pending.update(status=status, answered_at=now, updated_at=now):
        raise RequestNotPending
    connection.status = status
    if accept:
        receiver = connection.receiver
        notify(
            receiver=connection.sender,
            code="follow_accepted",
            actor=receiver,
            redirect=Redirect(kind="profile", id=receiver.pk, url=f"{API}/users/profile/{receiver.username}"),
            user=receiver.username,
        )


@transaction.atomic
def remove_connection(*, connection: Connection) -> None:
    """Withdraw a request, or end a connection; `connection` comes from `removable`."""
    if not Connection.objects.removable().filter(pk=connection.pk).delete()[0]:
        raise NotFound
    # Nobody fills somebody's list by asking and withdrawing.
    retract(receiver=connection.receiver_id, code="follow_request", redirect_id=connection.pk)


@transaction.atomic
def block(*, blocker: User, blocked: User) -> Block:
    """Hide two people from each other and end what joined them; once is enough."""
    if blocker == blocked:
        raise OwnBlock
    lock_pair(blocker, blocked)
    Connection.objects.removable().between(blocker, blocked).delete()
    return Block.objects.get_or_create(blocker=blocker, blocked=blocked)[0]


def unblock(*, block: Block) -> None:
    block.delete()
