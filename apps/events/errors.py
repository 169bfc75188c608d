from apps.core.http.errors import DomainError, PermissionDenied


class CannotJoin(PermissionDenied):
    """The type of this person may not join; the sentence names it."""


class OwnEvent(DomainError):
    code = "own_event"
    detail = "You cannot join your own event."


class EventEnded(DomainError):
    code = "event_ended"
    detail = "This event has ended."


class NotConnected(DomainError):
    code = "not_connected"
    detail = "You can only invite your connections."
    field = "user_ids"
