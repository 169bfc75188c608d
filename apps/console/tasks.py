"""What the schedule starts."""

from apps.console.models import Claim


def prune_claims() -> None:
    Claim.objects.over().delete()
