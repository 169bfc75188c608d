from enum import StrEnum
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Greatest, Least

from apps.accounts.models import Block, Profile, User, UserQuerySet, UserType, is_away
from apps.core.reading.compiled import compiled, compiled_columns


class Direction(StrEnum):
    SENT = "sent"
    RECEIVED = "received"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def of(self, user: User) -> Self:
        return self.filter(Q(sender=user) | Q(receiver=user))

    def between(self, one: Any, other: Any) -> Self:
        """In either direction; both may be users, ids or expressions."""
        return self.filter(Q(sender=one, receiver=other) | Q(sender=other, receiver=one))

    def visible_to(self, viewer: User) -> Self:
        """The two it joins, while both accounts are active. A block removes the row, except a rejected one."""
        blocked = Exists(Block.objects.between(OuterRef("sender"), OuterRef("receiver")))
        there = self.of(viewer).filter(~is_away("sender"), ~is_away("receiver"))
        # In this order: the database looks for blocks where the first condition holds, not for each row.
        return there.exclude(Q(status=Connection.Status.REJECTED), blocked)

    def received_by(self, user: User) -> Self:
        return self.visible_to(user).filter(receiver=user)

    def accepted(self) -> Self:
        return self.filter(status=Connection.Status.ACCEPTED)

    def removable(self) -> Self:
        """A rejected one stays: it is what the sender's waiting time is counted from."""
        return self.exclude(status=Connection.Status.REJECTED)

    def in_direction(self, direction: "Direction | None", user: User) -> Self:
        """Sent or received by `user`; both for None."""
        sides = {Direction.SENT: Q(sender=user), Direction.RECEIVED: Q(receiver=user), None: Q()}
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
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.receiver}"


def side_columns(side: str) -> list[str]:
    """As `person_columns`; see `looked_up`."""
    return [f"{side}__id", f"{side}__username", f"{side}_role", f"{side}__is_verified", f"{side}_avatar"]


def looked_up(side: str) -> dict[str, Subquery]:
    """For the rows of a page only: for somebody who knows thousands, a join would look them all up."""
    role = UserType.objects.filter(users=OuterRef(side)).values("slug")
    avatar = Profile.objects.filter(user=OuterRef(side)).values("avatar")
    return {f"{side}_role": Subquery(role), f"{side}_avatar": Subquery(avatar)}


@compiled_columns("id", "status", "created_at", "updated_at", *side_columns("sender"), *side_columns("receiver"))
def connection_list(
    viewer_id: int, direction: Direction | None, status: Connection.Status | None
) -> ConnectionQuerySet:
    """For `schemas.connection_item`; the newest first."""
    viewer = User(pk=viewer_id)
    rows = Connection.objects.visible_to(viewer).in_direction(direction, viewer)
    rows = rows.filter(status=status) if status else rows
    return rows.annotate(**looked_up("sender"), **looked_up("receiver")).order_by("-pk")


def connected_ids(user: User) -> models.QuerySet[Any]:
    """The ids of everybody `user` is connected to; each half is read from its own index."""
    accepted = Connection.objects.accepted()
    return (
        accepted.filter(sender=user).values("receiver").union(accepted.filter(receiver=user).values("sender"), all=True)
    )


def mutual_connections(viewer: User, other: User) -> UserQuerySet:
    """People connected to both. None of them is on the other side of a block: blocking ends the connection."""
    return User.objects.active().filter(pk__in=connected_ids(viewer)).filter(pk__in=connected_ids(other))


def mutual_count(viewer: User) -> CombinedExpression:
    """How many people the user of the outer query and `viewer` are both connected to; each half from its own index."""
    return shared_count("sender", "receiver", viewer) + shared_count("receiver", "sender", viewer)


def shared_count(person: str, friend: str, viewer: User) -> Coalesce:
    shared = {person: OuterRef("pk"), f"{friend}__in": connected_ids(viewer), f"{friend}__is_active": True}
    rows = Connection.objects.accepted().filter(**shared).order_by().values(one=Value(1))
    return Coalesce(Subquery(rows.annotate(count=Count("*")).values("count")), 0)


def connection_state(viewer: User) -> Subquery:
    """How `viewer` stands with the user of the outer query; null for no living connection."""
    state = Case(
        When(status=Connection.Status.ACCEPTED, then=Value("accepted")),
        When(status=Connection.Status.PENDING, sender=viewer, then=Value("pending_sent")),
        When(status=Connection.Status.PENDING, then=Value("pending_received")),
    )
    return Subquery(Connection.objects.between(viewer, OuterRef("pk")).annotate(state=state).values("state")[:1])


@compiled
def public_profile(viewer_id: int, username: str) -> UserQuerySet:
    """What `viewer` sees of the person called so (in lower case)."""
    viewer = User(pk=viewer_id)
    people = User.objects.visible_to(viewer).as_profiles().filter(username__lower=username)
    return people.annotate(connection=connection_state(viewer), mutual_connections_count=mutual_count(viewer))
