from apps.core.http.errors import DomainError


class OwnConnection(DomainError):
    code = "own_connection"
    detail = "You cannot connect with yourself."


class RequestAlreadySent(DomainError):
    code = "request_already_sent"
    detail = "Connection request already sent."


class RequestAlreadyReceived(DomainError):
    code = "request_already_received"
    detail = "This user has already sent you a connection request."


class AlreadyConnected(DomainError):
    code = "already_connected"
    detail = "You are already connected."


class RequestCooldown(DomainError):
    code = "request_cooldown"
    detail = "This user declined your request; please wait before you ask again."


class RequestNotPending(DomainError):
    code = "request_not_pending"
    detail = "This request was already answered."
    field = "status"


class OwnBlock(DomainError):
    code = "own_block"
    detail = "You cannot block yourself."
