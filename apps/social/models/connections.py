from enum import StrEnum
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Greatest, Least

from apps.accounts.models import Block, Profile, User, UserQuerySet, UserType, is_away, is_there
from apps.core.reading.compiled import compiled
from apps.core.reading.viewer import Viewer


class Direction(StrEnum):
    SENT = "sent"
    RECEIVED = "received"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of(self, person_id: int | None) -> Self:
        return self.filter(Q(sender=person_id) | Q(receiver=person_id))

    def between(self, one: Any, other: Any) -> Self:
        """In either direction; both may be users, ids or expressions."""
        return self.filter(Q(sender=one, receiver=other) | Q(sender=other, receiver=one))

    def visible_to(self, viewer: Viewer) -> Self:
        """The two it joins, while both accounts are active. A block removes the row, except a rejected one."""
        blocked = Exists(Block.objects.between(OuterRef("sender"), OuterRef("receiver")))
        there = self.of(viewer.id).filter(~is_away("sender"), ~is_away("receiver"))
        # In this order: the database looks for blocks where the first condition holds, not for each row.
        return there.exclude(Q(status=Connection.Status.REJECTED), blocked)

    def received_by(self, viewer: Viewer) -> Self:
        return self.visible_to(viewer).filter(receiver=viewer.id)

    def accepted(self) -> Self:
        return self.filter(status=Connection.Status.ACCEPTED)

    def removable(self) -> Self:
        """A rejected one stays: it is what the sender's waiting time is counted from."""
        return self.exclude(status=Connection.Status.REJECTED)

    def in_direction(self, direction: "Direction | None", person_id: int | None) -> Self:
        """Sent or received by them; both for None."""
        sides = {Direction.SENT: Q(sender=person_id), Direction.RECEIVED: Q(receiver=person_id), None: Q()}
        return self.filter(sides[direction])

    def with_people(self) -> Self:
        return self.select_related("sender__user_type", "sender__profile", "receiver__user_type", "receiver__profile")


class Connection(models.Model):
    """One row per pair of people, whoever asked; a later request reopens it or turns it round."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    sender = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="connections_sent")
    receiver = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="connections_received")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Least("sender", "receiver"), Greatest("sender", "receiver"), name="one_connection_per_pair"
            ),
            models.CheckConstraint(condition=~Q(sender=F("receiver")), name="nobody_connects_with_themselves"),
        ]
        indexes = [
            # With the other side, so that who knows whom is read from them alone.
            models.Index(fields=["sender", "status", "-id", "receiver"], name="connections_sent"),
            models.Index(fields=["receiver", "status", "-id", "sender"], name="connections_received"),
            # When somebody gained them, and when there were so many.
            models.Index(fields=["sender", "answered_at"], condition=Q(status="accepted"), name="gained_by_sender"),
            models.Index(fields=["receiver", "answered_at"], condition=Q(status="accepted"), name="gained_by_receiver"),
            models.Index(fields=["answered_at"], condition=Q(status="accepted"), name="connections_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.receiver}"


@compiled()
def connection_list(
    viewer: Viewer, direction: Direction | None, status: Connection.Status | None
) -> ConnectionQuerySet:
    """The newest first."""
    rows = Connection.objects.visible_to(viewer).in_direction(direction, viewer.id)
    return (rows.filter(status=status) if status else rows).order_by("-pk")


def role_of(side: str) -> Subquery:
    """Of a connection's sender or receiver; see `schemas.looked_up`."""
    return Subquery(UserType.objects.filter(users=OuterRef(side)).values("slug"))


def avatar_of(side: str) -> Subquery:
    return Subquery(Profile.objects.filter(user=OuterRef(side)).values("avatar"))


def connected_ids(person_id: int | None) -> models.QuerySet[Any]:
    """The ids of everybody this person is connected to; each half is read from its own index."""
    accepted = Connection.objects.accepted()
    sent, received = accepted.filter(sender=person_id), accepted.filter(receiver=person_id)
    return sent.values("receiver").union(received.values("sender"), all=True)


def connections_count(person_id: int) -> int:
    """How many people they are connected to who are not away; each half is read from its own index."""
    accepted = Connection.objects.accepted()
    sent = accepted.filter(~is_away("receiver"), sender=person_id)
    received = accepted.filter(~is_away("sender"), receiver=person_id)
    return sent.values("pk").union(received.values("pk"), all=True).count()


def mutual_connections(one_id: int | None, other_id: int) -> UserQuerySet:
    """People connected to both. None of them is on the other side of a block: blocking ends the connection."""
    return User.objects.active().filter(pk__in=connected_ids(one_id)).filter(pk__in=connected_ids(other_id))


def mutual_count(viewer: Viewer) -> CombinedExpression:
    """How many people the user of the outer query and `viewer` are both connected to; each half from its own index."""
    return shared_count("sender", "receiver", viewer) + shared_count("receiver", "sender", viewer)


def shared_count(person: str, friend: str, viewer: Viewer) -> Coalesce:
    shared = {person: OuterRef("pk"), f"{friend}__in": connected_ids(viewer.id)}
    rows = Connection.objects.accepted().filter(is_there(friend), **shared).order_by().values(one=Value(1))
    return Coalesce(Subquery(rows.annotate(count=Count("*")).values("count")), 0)


def connection_state(viewer: Viewer) -> Subquery:
    """How `viewer` stands with the user of the outer query; null for no living connection."""
    state = Case(
        When(status=Connection.Status.ACCEPTED, then=Value("accepted")),
        When(status=Connection.Status.PENDING, sender=viewer.id, then=Value("pending_sent")),
        When(status=Connection.Status.PENDING, then=Value("pending_received")),
    )
    return Subquery(Connection.objects.between(viewer.id, OuterRef("pk")).annotate(state=state).values("state")[:1])


@compiled()
def visible_person_called(viewer: Viewer, username: str) -> UserQuerySet:
    """`username` is in lower case."""
    return User.objects.visible_to(viewer).filter(username__lower=username, erased_at=None)
