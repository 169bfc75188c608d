"""How Infloo says no. api.py and the doors turn these into the contract's envelope."""

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied

VALIDATION_ERROR = "Validation Error"


class DomainError(Exception):
    """A product rule said no: `detail` is the sentence for the person, `code` the slug for programs."""

    status = 400
    code = "refused"
    detail = "The request was refused."
    field = "non_field_errors"
    headers: dict[str, str] = {}

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or type(self).detail
        super().__init__(self.detail)

    @property
    def details(self) -> dict[str, list[str]]:
        return {self.field: [self.detail]}

    def envelope(self) -> dict[str, object]:
        body: dict[str, object] = {
            "error": VALIDATION_ERROR if self.status == 400 else self.detail,
            "detail": self.detail,
            "code": self.code,
            "status_code": self.status,
        }
        return body | {"details": self.details} if self.status == 400 else body


class Invalid(DomainError):
    """What was sent is wrong: `details` maps each field to its sentences."""

    code = "validation_error"

    def __init__(self, details: dict[str, list[str]], code: str | None = None) -> None:
        self._details = details
        self.code = code or self.code
        super().__init__(next(iter(details.values()))[0])

    @property
    def details(self) -> dict[str, list[str]]:
        return self._details


class BadToken(DomainError):
    """Of a link or of a refusal: tampered with, expired, used, or made for something else."""

    code = "bad_token"
    detail = "Invalid or expired token."
    field = "token"


class NotAuthenticated(DomainError):
    status = 401
    code = "not_authenticated"
    detail = "Authentication credentials were not provided."
    headers = {"WWW-Authenticate": "Bearer"}


class InvalidToken(NotAuthenticated):
    code = "invalid_token"
    detail = "Invalid or expired token."


class PermissionDenied(DomainError, DjangoPermissionDenied):
    status = 403
    code = "permission_denied"
    detail = "You do not have permission to perform this action."


class NotFound(DomainError):
    status = 404
    code = "not_found"
    detail = "Not found."


class MethodNotAllowed(DomainError):
    status = 405
    code = "method_not_allowed"
    detail = "Method not allowed."


class Conflict(DomainError):
    status = 409
    code = "conflict"
    detail = "The request conflicts with another one."


class TooLarge(DomainError):
    status = 413
    code = "too_large"
    detail = "The request is too large."


class UnsupportedType(DomainError):
    status = 415
    code = "unsupported_type"
    detail = "Send JSON, or a form where there is a file."


class RangeNotSatisfiable(DomainError):
    status = 416
    code = "range_not_satisfiable"
    detail = "The file has no such range."

    def __init__(self, size: int) -> None:
        self.headers = {"Content-Range": f"bytes */{size}"}
        super().__init__()


class Throttled(DomainError):
    status = 429
    code = "throttled"
    detail = "Too many requests. Please try again later."

    def __init__(self, retry_after: int, figures: dict[str, str] | None = None) -> None:
        self.headers = {"Retry-After": str(retry_after), **(figures or {})}
        super().__init__()


class ServerError(DomainError):
    status = 500
    code = "server_error"
    detail = "An unexpected error occurred. Please try again later."


class Unavailable(DomainError):
    status = 503
    code = "unavailable"
    detail = "The service is temporarily unavailable. Please try again later."
    headers = {"Retry-After": "5"}
