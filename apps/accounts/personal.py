"""What accounts keep of people."""

from typing import Any

from apps.accounts.models import (
    ActiveDay,
    BackupCode,
    Block,
    Document,
    Erasure,
    Export,
    KnownAddress,
    KnownDevice,
    LinkedLogin,
    PasswordReset,
    Profile,
    ProfileCategory,
    ProfilePlatform,
    RemovedProfile,
    SecondFactor,
    Session,
    User,
)
from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import deleted


def empty_profile(rows: Any, subject: DataSubject) -> None:
    """There is nobody without a profile: theirs is as it was when they came, and the picture gone."""
    for profile in rows.exclude(avatar=""):
        profile.avatar.storage.delete(profile.avatar.name)
    fields = [field for field in Profile._meta.concrete_fields if field.name not in ("id", "user")]
    rows.update(**{field.name: field.get_default() for field in fields})


PERSONAL = [
    Personal(
        User,
        ["id"],
        export=Exported(
            "account",
            [
                *["id", "username", "email", "email_verified", "new_email", "first_name", "last_name"],
                *["user_type__slug", "is_verified", "date_joined", "last_login", "terms_version", "terms_accepted_at"],
            ],
        ),
        erase="It says whom to look for until the end, and then nothing any more: see `leaving.forget_account`.",
    ),
    Personal(
        Profile,
        ["user"],
        export=Exported(
            "profile",
            [field.name for field in Profile._meta.concrete_fields if field.name not in ("id", "user", "search_text")],
            files=["avatar"],
        ),
        erase=empty_profile,
    ),
    Personal(
        RemovedProfile,
        ["user"],
        export="What moderators took off the profile: it comes back within days, or is deleted.",
        erase=deleted,
    ),
    Personal(
        ProfilePlatform,
        ["profile__user"],
        export=Exported("platforms", ["platform", "handle", "followers", "engagement_rate", "source"]),
        erase=deleted,
    ),
    Personal(ProfileCategory, ["profile__user"], export=Exported("categories", ["slug"]), erase=deleted),
    Personal(
        Document,
        ["user"],
        export=Exported(
            "documents",
            ["type", "status", "reason", "file", "content_type", "size", "created_at", "reviewed_at"],
            files=["file"],
        ),
        erase=deleted,
    ),
    Personal(
        Document,
        ["reviewed_by"],
        export="Others' documents are theirs.",
        erase="Whose document it is may ask who decided; only colleagues decide, and they are not erased.",
    ),
    Personal(
        Session,
        ["user"],
        export=Exported(
            "sessions", ["user_agent", "device", "ip", "created_at", "last_used_at", "expires_at", "revoked_at"]
        ),
        erase=deleted,
    ),
    Personal(ActiveDay, ["user"], export=Exported("active_days", ["day"]), erase=deleted),
    Personal(KnownAddress, ["user"], export=Exported("known_addresses", ["network", "last_login_at"]), erase=deleted),
    Personal(KnownDevice, ["user"], export=Exported("known_devices", ["device", "last_login_at"]), erase=deleted),
    Personal(PasswordReset, ["user"], export="Hashes of a link and a code, for ten minutes.", erase=deleted),
    Personal(LinkedLogin, ["user"], export=Exported("linked_logins", ["provider", "linked_at"]), erase=deleted),
    Personal(BackupCode, ["factor__user"], export="Hashes of codes for when an app is lost.", erase=deleted),
    Personal(SecondFactor, ["user"], export="The secret that an app shares with us, encrypted.", erase=deleted),
    Personal(
        Block,
        ["blocker"],
        export=Exported("blocks", ["blocked", "created_at"]),
        erase="Two numbers: what it hid between the two, as their conversation, stays hidden.",
    ),
    Personal(
        Block,
        ["blocked"],
        export="Whom others block is not told.",
        erase="Two numbers: what it hid between the two, as their conversation, stays hidden.",
    ),
    Personal(User.groups.through, ["user"], export="What they may do in the console.", erase=deleted),
    Personal(User.user_permissions.through, ["user"], export="What they may do besides.", erase=deleted),
    Personal(Export, ["user"], export="The export itself.", erase=deleted),
    Personal(
        Erasure,
        ["user"],
        export=Exported("erasure", ["asked_at", "due_at"]),
        erase="It says that there is something left to do, and goes when there is not.",
    ),
]
