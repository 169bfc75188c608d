from apps.core.http.errors import DomainError, NotFound, PermissionDenied


class ReceiverNotFound(DomainError):
    code = "user_not_found"
    detail = "User not found."
    field = "receiver_id"


class OwnReceiver(DomainError):
    code = "own_message"
    detail = "You cannot write to yourself."
    field = "receiver_id"


class BlockedByYou(PermissionDenied):
    code = "blocked_by_you"
    detail = "You have blocked this user."


class ConnectionRequired(PermissionDenied):
    code = "connection_required"
    detail = "You can only write to your connections."


class EditWindowOver(PermissionDenied):
    code = "edit_window_over"
    detail = "A message can be edited for 15 minutes."


class WrongParticipants(DomainError):
    code = "wrong_participants"
    detail = "Private room must have exactly 2 participants."
    field = "participants"


class RoomNameTaken(DomainError):
    code = "room_name_taken"
    detail = "Room name already exists."
    field = "name"


class RoomNotFound(NotFound):
    """Also for those who are not in it; the sentence names it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Room '{name}' does not exist.")
