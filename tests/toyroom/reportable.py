from apps.accounts.models import User
from apps.core.declarations import Reportable, Snapshot

TAKEN_DOWN: list[int] = []

REPORTABLES = [
    Reportable(
        "offer",
        User,
        seen_by=User.objects.visible_to,
        describe=lambda toy: Snapshot(toy, {"toy": toy.username}, []),
        take_down=lambda toy, by: TAKEN_DOWN.append(toy.pk),
    )
]
