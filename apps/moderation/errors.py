from apps.core.http.errors import DomainError


class OwnTarget(DomainError):
    code = "own_target"
    detail = "You cannot report yourself, or what is yours."


class AlreadyReported(DomainError):
    code = "already_reported"
    detail = "You have already reported this."
