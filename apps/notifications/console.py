"""Notifications in the console."""

from apps.core.declarations import Page

PAGES = [
    Page("Notifications", "Notifications", "notifications", "notifications.notification", order=600),
    Page("Notifications", "Notification types", "edit_notifications", "notifications.notificationtype", order=610),
    Page("Notifications", "Preferences", "tune", "notifications.preferences", order=620),
    Page("Operations", "Fan-outs", "campaign", "notifications.fanout", order=950),
    Page("Operations", "Digests", "newsmode", "notifications.digestrun", order=952),
]
