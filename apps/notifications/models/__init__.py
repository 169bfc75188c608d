from apps.notifications.models.digests import Digest, DigestRun
from apps.notifications.models.fan_outs import FanOut
from apps.notifications.models.notifications import (
    Notification,
    NotificationQuerySet,
    notification_log,
    unread_about,
    unread_notifications,
    was_told,
)
from apps.notifications.models.types import (
    Frequency,
    NotificationType,
    Preferences,
    PreferencesQuerySet,
    Priority,
    TypePreference,
    has_disabled,
    notification_type,
    wanted_type,
)

__all__ = [
    "Digest",
    "DigestRun",
    "FanOut",
    "Frequency",
    "Notification",
    "NotificationQuerySet",
    "NotificationType",
    "Preferences",
    "PreferencesQuerySet",
    "Priority",
    "TypePreference",
    "has_disabled",
    "notification_log",
    "notification_type",
    "unread_about",
    "unread_notifications",
    "wanted_type",
    "was_told",
]
