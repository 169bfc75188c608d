from typing import Any

from apps.accounts.models import User
from apps.accounts.services.removals import delete_removed
from apps.accounts.services.staff import restore_profile, take_down_profile
from apps.core.declarations import Evidence, Reportable, Snapshot


def describe(user: Any) -> Snapshot:
    profile = user.profile
    facts = {
        "username": user.username,
        "name": user.get_full_name(),
        "role": user.role,
        "blue_tick": "yes" if user.is_verified else "no",
        "bio": profile.bio,
        "website": profile.website,
        "city": profile.city,
        "country": profile.country,
        "social_links": list(profile.social_links.values()),
        "platforms": [str(row) for row in profile.platform_rows.order_by("pk")],
    }
    avatar = [Evidence(profile.avatar, "image/webp", "avatar.webp")] if profile.avatar else []
    return Snapshot(user, facts, avatar)


def take_down(user: User, by: User) -> None:
    take_down_profile(user=user, by=by)


def restore(user: User, by: User) -> None:
    restore_profile(user=user, by=by)


REPORTABLES = [
    Reportable(
        *("user", User),
        seen_by=lambda viewer: User.objects.visible_to(viewer).as_people(),
        describe=describe,
        take_down=take_down,
        restore=restore,
        delete_removed=delete_removed,
    )
]
