from typing import Any, Self

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import F, Q

from apps.core.reading.compiled import compiled


class BlockQuerySet(models.QuerySet["Block"]):
    def between(self, one: Any, other: Any) -> Self:
        """Blocks in either direction; both may be users, ids or expressions."""
        return self.filter(Q(blocker=one, blocked=other) | Q(blocker=other, blocked=one))

    def made_by(self, user: Any) -> Self:
        """The latest first; of those who are away nobody hears, not even this way."""
        away = get_user_model()._default_manager.away().values("pk")
        people = self.filter(blocker=user).exclude(blocked__in=away)
        return people.select_related("blocked__user_type", "blocked__profile").order_by("-pk")


def not_blocked(one: Any, other: str) -> Q:
    """That `one`, an id or an expression, and `other`, a field of the outer query, have not blocked each other.

    Each way has its index.
    """
    made = Block.objects.filter(blocker=one).values("blocked")
    received = Block.objects.filter(blocked=one).values("blocker")
    return ~Q(**{f"{other}__in": made}) & ~Q(**{f"{other}__in": received})


class Block(models.Model):
    """Hides both sides from each other, everywhere."""

    blocker = models.ForeignKey("accounts.User", db_index=False, on_delete=models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="blocks_received")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="one_block_per_direction"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="nobody_blocks_themselves"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker} blocks {self.blocked}"


@compiled()
def block_made(blocker_id: int, blocked_id: int) -> BlockQuerySet:
    return Block.objects.filter(blocker=blocker_id, blocked=blocked_id)
