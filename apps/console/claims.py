"""Who works on what, so that no two do the same."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import User
from apps.console.errors import Claimed
from apps.console.models import LASTS, Claim
from apps.core import audit
from apps.core.audit import name_of


def claim(*, row: Model, by: User) -> None:
    """For a quarter of an hour from now, unless somebody else has it: then `Claimed`."""
    target, until = name_of(row), timezone.now() + LASTS
    if Claim.objects.filter(target=target).free_for(by.pk).update(user=by, until=until):
        return
    Claim.objects.bulk_create([Claim(target=target, user=by, until=until)], ignore_conflicts=True)
    refuse_claimed(row=row, by=by)


@transaction.atomic
def take_over(*, row: Model, by: User) -> None:
    """From whoever has it, who is named in the trail."""
    target, until = name_of(row), timezone.now() + LASTS
    others = Claim.objects.alive().filter(target=target).exclude(user=by).select_for_update()
    if holder := others.first():
        changes = {"claimed by": [f"user {holder.user_id}", f"user {by.pk}"]}  # no names: the trail outlasts them
        audit.record(actor=by, action="work.taken_over", target=row, changes=changes)
    Claim.objects.update_or_create(target=target, defaults={"user": by, "until": until})


def refuse_claimed(*, row: Model, by: User) -> None:
    """While somebody else has it, nobody but they decide."""
    if (holder := holder_of(row)) and holder.pk != by.pk:
        raise Claimed(holder.display_name)


def release(*, row: Model, by: User) -> None:
    Claim.objects.filter(target=name_of(row), user=by).delete()


def holder_of(row: Model) -> User | None:
    return holders([row]).get(name_of(row))


def holders(rows: Iterable[Model]) -> dict[str, User]:
    """Who works on these rows, by their names."""
    alive = Claim.objects.alive().filter(target__in=[name_of(row) for row in rows])
    return {claim.target: claim.user for claim in alive.select_related("user__profile")}
