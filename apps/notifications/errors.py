from apps.core.http.errors import NotFound


class PreferenceNotFound(NotFound):
    detail = "Notification type preference not found"
