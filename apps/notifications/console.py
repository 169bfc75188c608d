"""Notifications in the console."""

from apps.core.declarations import Capability, Page

PAGES = [
    Page("Notifications", "Notifications", "notifications", "notifications.notification", order=600),
    Page("Notifications", "Notification types", "edit_notifications", "notifications.notificationtype", order=610),
    Page("Notifications", "Preferences", "tune", "notifications.preferences", order=620),
    Page("Operations", "Fan-outs", "campaign", "notifications.fanout", order=950),
    Page("Operations", "Digests", "newsmode", "notifications.digestrun", order=952),
]
CAPABILITIES = [
    Capability(
        *("see-notifications", "See notifications, their types and preferences", "Notifications"),
        [
            *["notifications.view_notification", "notifications.view_notificationtype"],
            *["notifications.view_preferences", "notifications.view_typepreference"],
        ],
        order=600,
    ),
    Capability(
        *("edit-texts", "Edit the words of notifications", "Notifications"),
        ["notifications.add_notificationtype", "notifications.change_notificationtype"],
        order=610,
    ),
]
