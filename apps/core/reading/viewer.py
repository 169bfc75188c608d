"""Who asks."""

from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import AnonymousUser

if TYPE_CHECKING:
    from apps.accounts.models import User


class Viewer(NamedTuple):
    """All that a rule about reading may depend on; `id` is None for somebody who is not signed in."""

    id: int | None
    type_id: int | None
    is_superuser: bool

    @classmethod
    def of(cls, user: "User | AnonymousUser") -> "Viewer":
        if isinstance(user, AnonymousUser):
            return NOBODY
        return cls(user.pk, user.user_type_id, user.is_superuser)


NOBODY = Viewer(None, None, False)
